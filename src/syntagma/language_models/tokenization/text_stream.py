"""Ids one at a time to text that is final: never half a character, never a space too many or too few."""

from __future__ import annotations

import codecs
from collections.abc import Callable


class TextStream:
    """Text of ids as they come. All that was handed out, and `finish()`, is what decoding all ids at once gives.

    Bytes that are no UTF-8 become U+FFFD, one for each part that could have begun a character, as in Rust and in
    Unicode 15's recommended practice; a character's first bytes are held back until it is complete or broken off.
    """

    def __init__(self, bytes_of: Callable[[int], bytes], strips: int) -> None:
        self._bytes_of = bytes_of
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._strips = strips

    def feed(self, token: int) -> str:
        """What one more id makes certain; often a word, sometimes nothing yet."""
        return self._without_prefix(self._decoder.decode(self._bytes_of(token)))

    def finish(self) -> str:
        """What is left when no id follows: nothing, or U+FFFD for a character that was never completed."""
        return self._without_prefix(self._decoder.decode(b"", final=True))

    def _without_prefix(self, text: str) -> str:
        while self._strips and text.startswith(" "):
            text, self._strips = text[1:], self._strips - 1
        if text:
            self._strips = 0
        return text
