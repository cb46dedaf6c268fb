"""A token that stands beside the vocabulary, found as a whole: a role, an end, a mark of a tool's call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syntagma.errors import ModelError

_IN_BRACKETS = re.compile(r"<[^\s<>]+>|\[[^\s\[\]]+\]")


@dataclass(frozen=True, slots=True)
class AddedToken:
    """One entry of a tokenizer's `added_tokens`."""

    id: int
    text: str
    special: bool = True
    """Whether decoding leaves it out; the marks of tools are not special, and stay in the text."""
    strips_left: bool = False
    """Whether white space right before it belongs to it (`lstrip`)."""
    strips_right: bool = False
    """Whether white space right after it belongs to it (`rstrip`), as for the roles of Phi."""
    single_word: bool = False
    """Whether it is found only where no letter, digit or `_` touches it."""
    normalized: bool = False
    """Whether an ordinary word is looked for in the normalised text; control tokens are looked for as they are."""

    @property
    def controls(self) -> bool:
        """Whether it steers the model, so that a user's text must never become it.

        Special tokens do, and so does whatever is written as a mark: `<|tool|>`, `</s>`, `[INST]`. Other added tokens
        (a run of tabs) are ordinary words that the vocabulary had no room for.
        """
        return self.special or _IN_BRACKETS.fullmatch(self.text) is not None

    @classmethod
    def read(cls, entry: object, token_id: object, where: str) -> AddedToken:
        """An entry of tokenizer.json, or of tokenizer_config.json's added_tokens_decoder. Raises ModelError."""
        if not isinstance(entry, Mapping) or not isinstance(entry.get("content"), str) or not entry["content"]:
            raise ModelError(f"the added token {entry!r} has no text", where=where, fix="Get the file again")
        if isinstance(token_id, bool) or not isinstance(token_id, int) or token_id < 0:
            raise ModelError(f"the added token {entry['content']!r} has the id {token_id!r}", where=where)
        return cls(
            token_id,
            entry["content"],
            special=bool(entry.get("special", False)),
            strips_left=bool(entry.get("lstrip", False)),
            strips_right=bool(entry.get("rstrip", False)),
            single_word=bool(entry.get("single_word", False)),
            normalized=bool(entry.get("normalized", False)),
        )

    def entry(self) -> dict[str, Any]:
        """The entry in tokenizer.json."""
        return {
            "id": self.id,
            "content": self.text,
            "single_word": self.single_word,
            "lstrip": self.strips_left,
            "rstrip": self.strips_right,
            "normalized": self.normalized,
            "special": self.special,
        }
