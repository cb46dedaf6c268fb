"""A byte-pair tokenizer as tokenizer.json describes it: checked, and made fit for text that nobody vouches for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from syntagma.errors import ModelError
from syntagma.language_models.tokenization.added_token import AddedToken

Description = dict[str, Any]
"""The contents of a tokenizer.json. Rank files and GGUF vocabularies are written in the same form."""

_FIX = "Choose a model of the Llama or Phi kind, or get its tokenizer.json again"
_UNUSED = ("continuing_subword_prefix", "end_of_word_suffix")


def check(description: object, where: str) -> Description:
    """The description, if it is one of a byte-pair tokenizer. Raises ModelError for anything else."""
    model = description.get("model") if isinstance(description, dict) else None
    if not isinstance(description, dict) or not isinstance(model, dict):
        raise ModelError("is no description of a tokenizer: it has no 'model'", where=where, fix=_FIX)
    # Files of before 2020 do not name the kind.
    if model.get("type", "BPE") != "BPE":
        raise ModelError(f"a tokenizer of the kind {model['type']!r}; only 'BPE' is known", where=where, fix=_FIX)
    for name in _UNUSED:
        if model.get(name):
            raise ModelError(f"a byte-pair tokenizer with a {name} is not known", where=where, fix=_FIX)
    _check_vocabulary(model.get("vocab"), where)
    if not isinstance(model.get("merges"), list):
        raise ModelError("the tokenizer has no list of merges", where=where, fix=_FIX)
    return description


def added_tokens(description: Description, where: str) -> list[AddedToken]:
    """The tokens beside the vocabulary, in order of their ids. Raises ModelError where two claim one id or text."""
    entries = description.get("added_tokens", [])
    if not isinstance(entries, list):
        raise ModelError("'added_tokens' is no list", where=where, fix=_FIX)
    tokens = [AddedToken.read(e, e.get("id") if isinstance(e, Mapping) else None, where) for e in entries]
    words: dict[int, str] = {number: word for word, number in description["model"]["vocab"].items()}
    for token in tokens:
        if words.setdefault(token.id, token.text) != token.text:
            raise ModelError(
                f"the id {token.id} is both {words[token.id]!r} and {token.text!r}", where=where, fix="Get it again"
            )
    return sorted(tokens, key=lambda token: token.id)


def without_controls(description: Description, tokens: Collection[AddedToken]) -> Description:
    """The same tokenizer without its control tokens: no text at all can give one of their ids.

    They leave the list of added tokens and the vocabulary, and so does every merge that would build one. Nothing is
    put in front of a text, cut off or padded; and decoding is not the library's (see `spelling`).
    """
    model = description["model"]
    controls = {token.text for token in tokens if token.controls}
    words = [token for token in tokens if not token.controls]
    # The library numbers an added token itself, unless the vocabulary has it.
    vocabulary = {**model["vocab"], **{token.text: token.id for token in words}}
    unknown = model.get("unk_token")
    if unknown in controls and (model.get("ignore_merges") or unknown not in vocabulary):
        unknown = None
    gone = controls - {unknown}
    return {
        **description,
        "added_tokens": [token.entry() for token in words],
        "truncation": None,
        "padding": None,
        "post_processor": None,
        "decoder": None,
        "model": {
            **model,
            "type": "BPE",
            "dropout": None,
            "unk_token": unknown,
            "vocab": {text: number for text, number in vocabulary.items() if text not in gone},
            "merges": [
                (first, second)
                for first, second in _pairs(model["merges"])
                if first + second not in controls and first not in controls and second not in controls
            ],
        },
    }


def away_from_the_start(description: Description) -> Description | None:
    """The tokenizer of a text behind a control token, or None if it is the same as at the start.

    `prepend_scheme` "first" puts a space before the first text only.
    """
    changed = _with_scheme(description.get("pre_tokenizer"))
    if changed == description.get("pre_tokenizer"):
        return None
    return {**description, "pre_tokenizer": changed}


def _with_scheme(step: object) -> object:
    if isinstance(step, dict):
        if step.get("type") == "Metaspace" and step.get("prepend_scheme") == "first":
            return {**step, "prepend_scheme": "never", "add_prefix_space": False}
        return {name: _with_scheme(value) for name, value in step.items()}
    return [_with_scheme(value) for value in step] if isinstance(step, list) else step


def _pairs(merges: list[Any]) -> Iterator[tuple[str, str]]:
    """Merges as pairs; older files write them as `a b`."""
    for merge in merges:
        first, second = merge.split(" ", 1) if isinstance(merge, str) else merge
        yield first, second


def _check_vocabulary(vocabulary: object, where: str) -> None:
    if not isinstance(vocabulary, dict) or not vocabulary:
        raise ModelError("the tokenizer has no vocabulary", where=where, fix=_FIX)
    numbers = vocabulary.values()
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise ModelError("the vocabulary's ids are not whole numbers", where=where, fix=_FIX)
    if len(set(numbers)) < len(vocabulary):
        raise ModelError("two words of the vocabulary have one id", where=where, fix=_FIX)
