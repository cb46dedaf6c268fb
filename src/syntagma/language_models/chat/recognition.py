"""Which known template a model's own Jinja template is; a foreign template is never executed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from syntagma.errors import ModelError
from syntagma.language_models.chat.families import (
    CHATML,
    PHI_3,
    PHI_3_FIRST,
    PHI_3_GGUF,
    PHI_3_MEDIUM,
    PHI_3_SMALL,
    PHI_4,
    SMOLLM2,
    TEMPLATES,
    template_named,
)
from syntagma.language_models.chat.skeleton import skeleton
from syntagma.language_models.chat.template import ChatTemplate
from syntagma.language_models.tokenization import Tokenizer

_ESCAPE = re.compile(r"\\(.)")
_DEFAULT = "DEFAULT"
"""Stands in a skeleton for the system's text of the model."""

_BRANCHES = r"""
for message in messages
if role == 'system'
> <|system|>\n{content}<|end|>\n
elif role == 'user'
> <|user|>\n{content}<|end|>\n
elif role == 'assistant'
> <|assistant|>\n{content}<|end|>\n
endif
endfor
if add_generation_prompt
> <|assistant|>\n
else
> {eos_token}
endif
"""
_ANY_ROLE = r"""
> {bos_token}
for message in messages
> <|{role}|>\n{content}<|end|>\n
endfor
if add_generation_prompt
> <|assistant|>\n
else
> {eos_token}
endif
"""
_MEDIUM = r"""
for message in messages
if role == 'user'
> <|user|>\n{content}<|end|>\n<|assistant|>\n
elif role == 'assistant'
> {content}<|end|>\n
endif
endfor
"""
_PHI_4 = r"""
for message in messages
if role == 'system' and 'tools' in message and message['tools'] is not none
> <|{role}|>{content}<|tool|>{message['tools']}<|/tool|><|end|>
else
> <|{role}|>{content}<|end|>
endif
endfor
if add_generation_prompt
> <|assistant|>
else
> {eos_token}
endif
"""
_CHATML = r"""
for message in messages
> <|im_start|>{role}\n{content}<|im_end|>\n
endfor
if add_generation_prompt
> <|im_start|>assistant\n
endif
"""
_SYSTEM_FIRST = r"""
for message in messages
if loop.first and messages[0]['role'] != 'system'
> <|im_start|>system\nDEFAULT<|im_end|>\n
endif
""" + _CHATML.split("\n", 2)[2]


def _any_role(begin: str) -> ChatTemplate:
    """Two models share a template and differ in how a text begins."""
    return PHI_3_SMALL if begin == "<|endoftext|>" else PHI_3_FIRST


_KNOWN: tuple[tuple[str, Callable[[str], ChatTemplate]], ...] = (
    (_BRANCHES, lambda _: PHI_3),
    (_BRANCHES.replace("'system'", "'system' and content"), lambda _: PHI_3),
    (_ANY_ROLE, _any_role),
    (_MEDIUM, lambda _: PHI_3_MEDIUM),
    ("\n> {bos_token}" + _MEDIUM, lambda _: PHI_3_GGUF),
    (_PHI_4, lambda _: PHI_4),
    (_CHATML, lambda _: CHATML),
    (_SYSTEM_FIRST, lambda _: SMOLLM2),
)


def recognised(template: str, begin: str = "<s>") -> ChatTemplate | None:
    """The known template that says what a Jinja template says, or None.

    Args:
        template: Jinja, from tokenizer_config.json or a GGUF file.
        begin: the tokenizer's first token, which two models with one template differ in.
    """
    steps = "\n".join(skeleton(template))
    for known, build in _KNOWN:
        pattern = re.escape(known.strip()).replace(_DEFAULT, "(?P<system>[^{}\n]*)")
        if match := re.fullmatch(pattern, steps):
            found = build(begin)
            system = match.groupdict().get("system")
            return (
                found
                if system is None
                else replace(found, system=_ESCAPE.sub(lambda e: "\n" if e[1] == "n" else e[1], system))
            )
    return None


def own_template(tokenizer: Tokenizer) -> ChatTemplate | None:
    """The known template that came with a model, or None."""
    if tokenizer.chat_template is None:
        return None
    begin = tokenizer.special_ids.begin
    return recognised(tokenizer.chat_template, "" if begin is None else tokenizer.token(begin) or "")


def template_of(tokenizer: Tokenizer, name: str | None = None) -> ChatTemplate:
    """The template of a name or, without one, the model's own.

    Raises:
        ModelError: no such name; no template came with the model, or one that is not known.
    """
    if name is not None:
        return template_named(name)
    fix = f"Choose the template by name: {', '.join(TEMPLATES)}"
    if tokenizer.chat_template is None:
        raise ModelError("no chat template came with the model", where=tokenizer.where, fix=fix)
    found = own_template(tokenizer)
    if found is None:
        raise ModelError(
            "the model's chat template is not among those that are known, and foreign templates are never executed",
            where=tokenizer.where,
            fix=fix,
        )
    return found
