"""How a vocabulary writes bytes: byte-level alphabets (GPT-2's) and SentencePiece's pieces with byte fallback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from syntagma.errors import ModelError
from syntagma.language_models.tokenization.byte_alphabet import BYTE_OF

SPACE_MARK = "▁"
_BYTE_PIECE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_PIECE_DECODERS = {"Replace", "ByteFallback", "Fuse", "Strip", "Metaspace"}


class Spelling(Protocol):
    """From a token as the vocabulary writes it to the bytes it stands for."""

    @property
    def strips(self) -> int:
        """How many spaces a decoded text loses at its beginning, because encoding put them there."""
        ...

    def bytes_of(self, token: str) -> bytes:
        """What the token stands for; a part of a character, possibly."""
        ...


@dataclass(frozen=True)
class ByteLevelSpelling:
    """One character a byte."""

    strips: int = 0

    def bytes_of(self, token: str) -> bytes:
        """The bytes of the characters; a token with a character of no byte is taken as it is written."""
        if all(character in BYTE_OF for character in token):
            return bytes(BYTE_OF[character] for character in token)
        return token.encode()


@dataclass(frozen=True)
class PieceSpelling:
    """Text with `▁` for a space; with byte fallback `<0xE2>` is one byte."""

    strips: int
    byte_fallback: bool

    def bytes_of(self, token: str) -> bytes:
        """The byte of a byte piece, else the text."""
        byte = _BYTE_PIECE.fullmatch(token) if self.byte_fallback else None
        return bytes([int(byte[1], 16)]) if byte else token.replace(SPACE_MARK, " ").encode()


def spelling_of(decoder: object, where: str) -> Spelling:
    """The spelling that tokenizer.json's `decoder` describes. Raises ModelError for any other decoder."""
    steps = list(_steps(decoder))
    kinds = {str(step.get("type")) for step in steps}
    if kinds == {"ByteLevel"}:
        return ByteLevelSpelling()
    if kinds & {"Replace", "Metaspace"} and kinds <= _PIECE_DECODERS:
        return PieceSpelling(max(map(_stripped, steps)), "ByteFallback" in kinds)
    raise ModelError(
        f"its decoder ({', '.join(sorted(kinds)) or 'none'}) is neither byte-level nor SentencePiece's",
        where=where,
        fix="Choose a model of the Llama or Phi kind",
    )


def _steps(decoder: object) -> Iterator[dict[str, Any]]:
    if isinstance(decoder, dict):
        if decoder.get("type") == "Sequence":
            for step in decoder.get("decoders") or ():
                yield from _steps(step)
        else:
            yield decoder


def _stripped(step: dict[str, Any]) -> int:
    if step["type"] == "Strip" and step.get("content") == " ":
        return int(step.get("start", 0))
    if step["type"] == "Metaspace":
        return int(step.get("prepend_scheme", "always") != "never" and step.get("add_prefix_space", True))
    return 0
