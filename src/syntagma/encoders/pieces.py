"""Words to sub-tokens: every word on its own, so that word i of a view is word i whatever stands around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from syntagma.encoders.long_words import ends_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

MAXIMUM_WORD_CHARACTERS = 4096
"""A longer word is read by its first and last 2,048 characters."""
_CACHED_WORDS = 100_000
_CACHED_CHARACTERS = 64


class Pieces:
    """The sub-token ids of words, and the ids that frame a text, from a fast tokenizer.

    Attributes:
        prefix, suffix: ids put before and after a text, such as `[CLS]` and `[SEP]`.
        separator: ids between own words and context.
        padding: the id that fills a batch.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self._backend = tokenizer.backend_tokenizer
        # A tokenizer file may carry a limit and a padding of its own, which would cut words and add ids.
        self._backend.no_truncation()
        self._backend.no_padding()
        unknown, separator = tokenizer.unk_token_id, tokenizer.eos_token_id
        separator = tokenizer.sep_token_id if separator is None else separator
        self._unknown = () if unknown is None else (int(unknown),)
        self.separator = () if separator is None else (int(separator),)
        self.padding = int(tokenizer.pad_token_id or 0)
        self.prefix, self.suffix = self._frame()
        self._cache: dict[str, tuple[int, ...]] = {}

    @property
    def framing(self) -> int:
        """How many ids the prefix and the suffix take."""
        return len(self.prefix) + len(self.suffix)

    def of(self, words: Sequence[str]) -> list[tuple[int, ...]]:
        """The ids of each word. A word of which the tokenizer keeps nothing is the unknown piece, or has none."""
        if len(self._cache) > _CACHED_WORDS:
            self._cache = {}
        known = {word: self._cache.get(word) for word in words}
        missing = [word for word, ids in known.items() if ids is None]
        for word, ids in zip(missing, self._encode(missing), strict=True):
            known[word] = ids
            if len(word) <= _CACHED_CHARACTERS:
                self._cache[word] = ids
        return [known[word] or () for word in words]

    def _encode(self, words: Sequence[str]) -> list[tuple[int, ...]]:
        texts = [[_readable(word)] for word in words]
        encodings = self._backend.encode_batch(texts, is_pretokenized=True, add_special_tokens=False)
        return [tuple(encoding.ids) or self._unknown for encoding in encodings]

    def _frame(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        bare = self._backend.encode(["a"], is_pretokenized=True, add_special_tokens=False).ids
        framed = self._backend.encode(["a"], is_pretokenized=True, add_special_tokens=True).ids
        if not bare:
            return tuple(framed), ()
        at = framed.index(bare[0])
        return tuple(framed[:at]), tuple(framed[at + len(bare) :])


def _readable(word: str) -> str:
    """What the tokenizer can be given: bounded, and without lone surrogates, which have no UTF-8."""
    return ends_of(word, MAXIMUM_WORD_CHARACTERS).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
