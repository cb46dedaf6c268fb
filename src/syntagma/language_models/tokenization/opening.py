"""What a tokenizer puts in front of every text, as its `post_processor` says: `<s>`, or nothing."""

from __future__ import annotations

from typing import Any

from syntagma.errors import ModelError

_HARMLESS = {"ByteLevel"}
"""Kinds that change no ids."""


def opening_of(processor: object, where: str) -> tuple[int, ...]:
    """Ids before a text's own. What would come behind it is left out, for generation goes on there."""
    if processor is None:
        return ()
    if not isinstance(processor, dict):
        raise ModelError("the tokenizer's post_processor is not understood", where=where, fix="Get the file again")
    kind = processor.get("type")
    if kind == "Sequence":
        return tuple(n for step in processor.get("processors") or () for n in opening_of(step, where))
    if kind == "TemplateProcessing":
        return _of_template(processor, where)
    if kind in _HARMLESS:
        return ()
    raise ModelError(
        f"the tokenizer's post_processor is of the unknown kind {kind!r}", where=where, fix="Choose another model"
    )


def _of_template(processor: dict[str, Any], where: str) -> tuple[int, ...]:
    numbers: list[int] = []
    try:
        for piece in processor["single"]:
            if "Sequence" in piece:
                break
            numbers += map(int, processor["special_tokens"][piece["SpecialToken"]["id"]]["ids"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            "the tokenizer's template of special tokens is not understood", where=where, fix="Get the file again"
        ) from error
    return tuple(numbers)
