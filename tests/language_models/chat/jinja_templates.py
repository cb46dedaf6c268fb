"""The families' templates in Jinja, written for these tests after phi-decoder.md, section 7, and run by Jinja."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from syntagma.language_models.chat import Message

jinja2 = pytest.importorskip("jinja2", reason="the package jinja2 is not installed")

_THREE = """{%- for message in messages -%}
  {%- if message['role'] == "system" -%}
    {{- "<|system|>\\n" + message['content'] + "<|end|>" + "\\n" -}}
  {%- elif (message['role'] == "user") -%}
    {{- "<|user|>" + "\\n" + message['content'] + "<|end|>\\n" -}}
  {%- elif message["role"] == 'assistant' -%}
    {{- '<|assistant|>\\n' + message["content"] + '<|end|>\\n' -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|assistant|>\\n' -}}
{%- else -%}
  {{- eos_token -}}
{%- endif -%}"""
_ANY = """{{ bos_token }}{# every role #}{% for message in messages %}
<|{{ message['role'] }}|>{{ '\\n' }}{{ message['content'] }}<|end|>{{ '\\n' -}}
{% endfor %}
{% if add_generation_prompt %}
{{ '<|assistant|>\\n' -}}
{% else %}
{{ eos_token -}}
{% endif %}"""
_MEDIUM = """{% for message in messages %}
    {% if (message['role'] == 'user') %}
<|user|>{{ '\\n' + message['content'] }}<|end|>
<|assistant|>
    {% elif (message['role'] == 'assistant') %}
{{ message['content'] }}<|end|>
    {% endif %}
{% endfor %}"""
_PHI_4 = """{% for message in messages -%}
    {% if message['role'] == 'system' and 'tools' in message and message['tools'] is not none -%}
        <|{{ message['role'] }}|>{{ message['content'] }}<|tool|>{{ message['tools'] }}<|/tool|><|end|>
    {%- else -%}
        <|{{ message['role'] }}|>{{ message['content'] }}<|end|>
    {%- endif -%}
{% endfor -%}
{% if add_generation_prompt -%}
    <|assistant|>
{%- else -%}
    {{ eos_token }}
{%- endif %}"""
_CHATML = """{% for message in messages %}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' -}}
{% endfor %}
{% if add_generation_prompt %}
<|im_start|>assistant
{% endif %}"""
_NAMED = """{% for message in messages %}
{% if loop.first and messages[0]['role'] != 'system' %}
<|im_start|>system
You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
{% endif %}
""" + _CHATML.split("\n", 1)[1]

JINJA = {
    "phi-3": _THREE,
    "phi-3-small": _ANY,
    "phi-3-medium": _MEDIUM,
    "phi-3-gguf": "{{ bos_token }}" + _MEDIUM,
    "phi-4": _PHI_4,
    "chatml": _CHATML,
    "smollm2": _NAMED,
}


def by_jinja(template: str, messages: Sequence[Message], *, tools: list[Any] | None, answer: bool, begin: str) -> str:
    """What Jinja makes of a conversation, set up as transformers sets it up."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    turns: list[dict[str, Any]] = [{"role": message.role, "content": message.text} for message in messages]
    if tools:
        turns[0]["tools"] = json.dumps(tools, ensure_ascii=False)
    end = "<|endoftext|>"
    rendered: str = environment.from_string(template).render(
        messages=turns, add_generation_prompt=answer, bos_token=begin, eos_token=end
    )
    return rendered
