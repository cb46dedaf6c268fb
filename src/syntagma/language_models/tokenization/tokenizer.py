"""Text to a language model's ids and back. Only who asks for it gets control tokens from text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syntagma.errors import MissingExtraError, ModelError
from syntagma.language_models.tokenization.added_token import AddedToken
from syntagma.language_models.tokenization.control_tokens import ControlTokens, Part, strip_beside
from syntagma.language_models.tokenization.description import (
    Description,
    added_tokens,
    away_from_the_start,
    check,
    without_controls,
)
from syntagma.language_models.tokenization.spelling import spelling_of
from syntagma.language_models.tokenization.text_stream import TextStream

if TYPE_CHECKING:
    import tokenizers

_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Piece:
    """One id of a text and the characters it stands for: `text[start:end]`.

    A character that takes several ids is in the stretch of each of them.
    """

    id: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """The ids that have a part to play, where the tokenizer has them."""

    begin: int | None = None
    end: int | None = None
    padding: int | None = None
    opening: tuple[int, ...] = ()
    """What stands before every text that is no conversation: `(begin,)`, or nothing."""


class Tokenizer:
    """A byte-pair tokenizer of a language model, by the library `tokenizers`.

    `encode` takes text for text: a user who writes `<|system|>` gets the ids of these characters, not of a role.
    `decode` goes by bytes over all ids, so that characters and spaces come out whole. Lone surrogates, which no
    encoding of Unicode has, count as U+FFFD.

    Args:
        description: the contents of a tokenizer.json.
        special_ids: which ids begin, end and pad.
        chat_template: the Jinja template that came with the tokenizer; never executed, `chat` recognises it.
        where: the file, for messages.

    Raises:
        ModelError: no byte-pair tokenizer, or one that contradicts itself.
        MissingExtraError: the library is not installed.
    """

    def __init__(
        self,
        description: object,
        special_ids: SpecialIds | None = None,
        *,
        chat_template: str | None = None,
        where: str = "the tokenizer",
    ) -> None:
        described = check(description, where)
        tokens = added_tokens(described, where)
        plain = without_controls(described, tokens)
        self.special_ids = special_ids or SpecialIds()
        self.chat_template = chat_template
        self.where = where
        self.controls = ControlTokens(token for token in tokens if token.controls)
        self._added = {token.id: token for token in tokens}
        self._spelling = spelling_of(described.get("decoder"), where)
        self._at_start = _backend(plain, where)
        inside = away_from_the_start(plain)
        self._behind = self._at_start if inside is None else _backend(inside, where)
        self.size = 1 + max([*described["model"]["vocab"].values(), *self._added])
        """How many ids there are, gaps between them included; a model's table may have more rows."""

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        """Ids of a text, without `special_ids.opening`. With `special`, control tokens written in it are recognised."""
        return self.encode_parts(self.controls.split(text) if special else [text])

    def encode_parts(self, parts: Sequence[Part]) -> list[int]:
        """Ids of control tokens and of the texts between them, which are never searched for control tokens.

        White space that belongs to a control token beside it is swallowed, as the model saw it in training.
        """
        numbers: list[int] = []
        for at, part in enumerate(strip_beside(parts)):
            if isinstance(part, AddedToken):
                numbers.append(part.id)
            else:
                numbers += self._encoding(part, self._at_start if at == 0 else self._behind).ids
        return numbers

    def encode_with_offsets(self, text: str) -> list[Piece]:
        """Like `encode`, each id with the characters it stands for."""
        encoding = self._encoding(text, self._at_start)
        return [Piece(number, *stretch) for number, stretch in zip(encoding.ids, encoding.offsets, strict=True)]

    def decode(self, ids: Iterable[int], *, special: bool = False) -> str:
        """The text of ids. Special tokens are left out, or written out with `special`.

        Ids that the tokenizer does not have (a model's table may have more rows) stand for nothing.
        """
        stream = self.stream(special=special)
        return "".join(map(stream.feed, ids)) + stream.finish()

    def stream(self, after: Iterable[int] = (), *, special: bool = False) -> TextStream:
        """A decoder for ids that come one at a time; `after` are those before the first, whose text is known.

        With `after`, a continuation keeps the space that parts it from a prompt.
        """
        spell = self.token_bytes if special else self._bytes_unless_special
        stream = TextStream(spell, self._spelling.strips)
        for known in after:
            stream.feed(known)
        return stream

    def token(self, token_id: int) -> str | None:
        """A token as the vocabulary writes it, or None for an id that it does not have."""
        added = self._added.get(token_id)
        return added.text if added else self._word(token_id)

    def id_of(self, token: str) -> int | None:
        """The id of a token as the vocabulary writes it, or None."""
        control = self.controls.by_text.get(token)
        number: int | None = control.id if control else self._at_start.token_to_id(token)
        return number

    def token_bytes(self, token_id: int) -> bytes:
        """What an id stands for: possibly a part of a character; nothing for an id that the tokenizer lacks."""
        if token_id in self._added:
            return self._added[token_id].text.encode()
        word = self._word(token_id)
        return b"" if word is None else self._spelling.bytes_of(word)

    def _bytes_unless_special(self, token_id: int) -> bytes:
        added = self._added.get(token_id)
        return b"" if added and added.special else self.token_bytes(token_id)

    def _word(self, token_id: int) -> str | None:
        # A table's last rows may be beyond what the library can look up; a negative id is a mistake, which it raises.
        word: str | None = None if token_id >= self.size else self._at_start.id_to_token(token_id)
        return word

    @staticmethod
    def _encoding(text: str, backend: tokenizers.Tokenizer) -> Any:
        return backend.encode(_SURROGATES.sub("\ufffd", text), add_special_tokens=False)


def _backend(description: Description, where: str) -> tokenizers.Tokenizer:
    try:
        import tokenizers
    except ImportError as error:
        raise MissingExtraError("chat", "a language model's tokenizer") from error
    try:
        return tokenizers.Tokenizer.from_str(json.dumps(description))
    except Exception as error:  # the library raises nothing more special
        raise ModelError(
            f"the tokenizer is not understood: {error}", where=where, fix="Get its tokenizer.json again"
        ) from error
