"""The chat templates of the families, by name (phi-decoder.md, section 7; SmolLM2's from its own file)."""

from __future__ import annotations

from dataclasses import replace

from syntagma.errors import ModelError
from syntagma.language_models.chat.message import ASSISTANT, SYSTEM, TOOL, USER
from syntagma.language_models.chat.template import ChatTemplate

_NO_TOOLS = {TOOL: "Put what the tool gave into a turn of the user"}

PHI_3 = ChatTemplate(
    "phi-3",
    {
        SYSTEM: "<|system|>\n{text}<|end|>\n",
        USER: "<|user|>\n{text}<|end|>\n",
        ASSISTANT: "<|assistant|>\n{text}<|end|>\n",
    },
    answer="<|assistant|>\n",
    ending="{end}",
    stops=("<|endoftext|>", "<|assistant|>", "<|end|>"),
    advice=_NO_TOOLS,
)
"""Phi-3-mini, Phi-3.5-mini, Phi-3.5-MoE and the vision models."""

PHI_3_SMALL = replace(PHI_3, name="phi-3-small", opening="<|endoftext|>", stops=("<|endoftext|>", "<|end|>"))
PHI_3_FIRST = replace(PHI_3, name="phi-3-first", opening="{begin}")
"""As Phi-3-mini came out in April 2024, with `<s>` before the first turn."""

PHI_3_MEDIUM = ChatTemplate(
    "phi-3-medium",
    {USER: "<|user|>\n{text}<|end|>\n<|assistant|>\n", ASSISTANT: "{text}<|end|>\n"},
    answer="",
    stops=PHI_3.stops,
    advice={**_NO_TOOLS, SYSTEM: "Put what the system should say into the first turn of the user"},
)
PHI_3_GGUF = replace(PHI_3_MEDIUM, name="phi-3-gguf", opening="{begin}")
"""Phi-3-mini's published GGUF files: as medium, with `<s>` before the first turn."""

PHI_4 = ChatTemplate(
    "phi-4",
    {
        SYSTEM: "<|system|>{text}<|end|>",
        USER: "<|user|>{text}<|end|>",
        ASSISTANT: "<|assistant|>{text}<|end|>",
        TOOL: "<|tool_response|>{text}<|end|>",
    },
    answer="<|assistant|>",
    ending="{end}",
    stops=("<|endoftext|>", "<|end|>"),
    tools="<|system|>{text}<|tool|>{tools}<|/tool|><|end|>",
    calls="<|tool_call|>{calls}<|/tool_call|>",
)
"""Phi-4-mini and the text of Phi-4-multimodal. The turn of a tool is not published; this one works in practice."""

CHATML = ChatTemplate(
    "chatml",
    {role: f"<|im_start|>{role}\n{{text}}<|im_end|>\n" for role in (SYSTEM, USER, ASSISTANT, TOOL)},
    answer="<|im_start|>assistant\n",
    stops=("<|im_end|>", "<|endoftext|>"),
    calls="<tool_call>{calls}</tool_call>",
)
SMOLLM2 = replace(CHATML, name="smollm2", system="You are a helpful AI assistant named SmolLM, trained by Hugging Face")

TEMPLATES = {
    template.name: template
    for template in (PHI_3, PHI_3_SMALL, PHI_3_FIRST, PHI_3_MEDIUM, PHI_3_GGUF, PHI_4, CHATML, SMOLLM2)
}


def template_named(name: str) -> ChatTemplate:
    """The template of a name. Raises ModelError that names all."""
    if name not in TEMPLATES:
        raise ModelError(f"there is no chat template {name!r}", fix=f"Choose one of {', '.join(TEMPLATES)}")
    return TEMPLATES[name]
