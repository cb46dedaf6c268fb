"""The tokenizer of a model's folder: tokenizer.json, and what the files beside it say of its special tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from syntagma.errors import ModelError
from syntagma.language_models.tokenization.added_token import AddedToken
from syntagma.language_models.tokenization.description import Description, added_tokens, check
from syntagma.language_models.tokenization.opening import opening_of
from syntagma.language_models.tokenization.tokenizer import SpecialIds, Tokenizer

TOKENIZER, CONFIG, SPECIAL, ADDED = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
)
TEMPLATE = "chat_template.jinja"
_FIX = "Copy or download the model again"
_PARTS = ("bos_token", "eos_token", "pad_token")


def tokenizer_from_folder(folder: Path) -> Tokenizer:
    """The tokenizer that lies in a model's folder. Code in the folder is never run.

    tokenizer_config.json is believed before special_tokens_map.json, and both before tokenizer.json, as transformers
    does it; only the special tokens and the chat template are read from them.

    Raises:
        ModelError: no tokenizer.json, files that contradict one another, no byte-pair tokenizer.
        MissingExtraError: the library `tokenizers` is not installed.
    """
    path = folder / TOKENIZER
    if not path.is_file():
        raise ModelError(f"the file {TOKENIZER} is missing", where=str(folder), fix=_FIX)
    description = check(_read(path), str(path))
    config = _mapping(folder / CONFIG)
    special = {**_mapping(folder / SPECIAL), **{key: value for key, value in config.items() if value is not None}}
    tokens = _tokens(description, folder, config, special)
    ids = {token.text: token.id for token in tokens} | description["model"]["vocab"]
    begin, end, padding = (_id_of(special, part, ids, folder) for part in _PARTS)
    return Tokenizer(
        {**description, "added_tokens": [token.entry() for token in tokens]},
        SpecialIds(begin, end, padding, _opening(description, config, begin, str(path))),
        chat_template=_template(folder, config),
        where=str(path),
    )


def _tokens(
    description: Description, folder: Path, config: Mapping[str, Any], special: Mapping[str, Any]
) -> list[AddedToken]:
    """The added tokens of all files; what the config says of one replaces what tokenizer.json says."""
    tokens = {token.id: token for token in added_tokens(description, str(folder / TOKENIZER))}
    for token in _of_config(config, str(folder / CONFIG)):
        tokens[token.id] = token
    for text, number in _mapping(folder / ADDED).items():
        if number not in tokens:
            tokens[number] = AddedToken.read({"content": text}, number, str(folder / ADDED))
    # Which part a token plays makes it special, whatever its own entry says.
    played = {_text(special.get(part)) for part in (*_PARTS, "unk_token")}
    return [
        AddedToken.read({**token.entry(), "special": True}, token.id, str(folder)) if token.text in played else token
        for token in tokens.values()
    ]


def _of_config(config: Mapping[str, Any], where: str) -> Iterator[AddedToken]:
    entries = config.get("added_tokens_decoder", {})
    if not isinstance(entries, Mapping):
        raise ModelError("'added_tokens_decoder' is no table", where=where, fix=_FIX)
    for number, entry in entries.items():
        yield AddedToken.read(entry, int(number) if number.isdecimal() else number, where)


def _id_of(special: Mapping[str, Any], part: str, ids: Mapping[str, int], folder: Path) -> int | None:
    text = _text(special.get(part))
    if text is None:
        return None
    if text not in ids:
        raise ModelError(f"its {part} {text!r} is not in the vocabulary", where=str(folder / CONFIG), fix=_FIX)
    return ids[text]


def _opening(description: Description, config: Mapping[str, Any], begin: int | None, where: str) -> tuple[int, ...]:
    adds = config.get("add_bos_token")
    if isinstance(adds, bool):
        return (begin,) if adds and begin is not None else ()
    return opening_of(description.get("post_processor"), where)


def _template(folder: Path, config: Mapping[str, Any]) -> str | None:
    """The chat template: a file of its own in newer folders; of several named ones that for conversations."""
    path = folder / TEMPLATE
    if path.is_file():
        return _text_of(path)
    template = config.get("chat_template")
    if isinstance(template, list):
        named = {entry.get("name"): entry.get("template") for entry in template if isinstance(entry, Mapping)}
        template = named.get("default")
    return template if isinstance(template, str) else None


def _text(token: object) -> str | None:
    """A special token is written as its text, or as a table with it."""
    text = token.get("content") if isinstance(token, Mapping) else token
    return text if isinstance(text, str) and text else None


def _mapping(path: Path) -> dict[str, Any]:
    """A file of JSON that may be absent."""
    if not path.is_file():
        return {}
    contents = _read(path)
    if not isinstance(contents, dict):
        raise ModelError("is no table", where=str(path), fix=_FIX)
    return contents


def _read(path: Path) -> object:
    try:
        return json.loads(_text_of(path))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"is no JSON: {error}", where=str(path), fix=_FIX) from error


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"cannot be read: {error}", where=str(path), fix=_FIX) from error
