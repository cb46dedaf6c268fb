"""The character n-grams of a word and the numbers that fastText gives them."""

from __future__ import annotations

from dataclasses import dataclass

from syntagma.encoders.long_words import ends_of

MAXIMUM_CHARACTERS = 256
"""Of a longer word the first and last 128 characters are looked at, so that no word is dear."""
_OFFSET, _PRIME, _32_BITS = 2166136261, 16777619, 0xFFFFFFFF
_BEGIN, _END = "<", ">"


@dataclass(frozen=True, slots=True)
class Subwords:
    """How words fall into n-grams, and into how many buckets these are hashed.

    Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information"; the numbers are those of the program
    fastText, version 0.9.2 (`Dictionary::computeSubwords` and `Dictionary::hash`), byte for byte.
    """

    shortest: int
    """Characters of the shortest n-gram."""
    longest: int
    buckets: int

    def of(self, word: str) -> list[int]:
        """Bucket numbers, 0 to `buckets - 1`, of the n-grams of `<word>`; the same one may come twice."""
        if self.longest < 1 or self.buckets < 1:
            return []
        # A lone surrogate has no UTF-8; any bytes will do for what no file can hold.
        text = (_BEGIN + ends_of(word, MAXIMUM_CHARACTERS) + _END).encode("utf-8", "surrogatepass")
        starts = [at for at, byte in enumerate(text) if byte & 0xC0 != 0x80]
        borders = [*starts, len(text)]
        return [number for first in range(len(starts)) for number in self._from(text, borders, first)]

    def _from(self, text: bytes, borders: list[int], first: int) -> list[int]:
        """The buckets of the n-grams that begin at one character, shortest first: one running hash gives them all."""
        found, hashed = [], _OFFSET
        for count in range(1, min(self.longest, len(borders) - 1 - first) + 1):
            for byte in text[borders[first + count - 1] : borders[first + count]]:
                # fastText widens bytes as signed ones, so that those above 127 set the upper 24 bits too.
                hashed = ((hashed ^ (byte | 0xFFFFFF00 if byte > 127 else byte)) * _PRIME) & _32_BITS
            at_edge = first == 0 or first + count == len(borders) - 1
            # "<" and ">" by themselves are no n-grams.
            if count >= self.shortest and not (count == 1 and at_edge):
                found.append(hashed % self.buckets)
        return found
