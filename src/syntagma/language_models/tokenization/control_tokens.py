"""The tokens that steer a model: found in a text where that is asked for, and the white space that belongs to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from syntagma.language_models.tokenization.added_token import AddedToken

_WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
_WHITE_SPACE += "\u2028\u2029\u202f\u205f\u3000"
"""Unicode's White_Space, which is what tokenizers strip; Python's `strip` would take U+001C to U+001F too."""

Part = str | AddedToken


class ControlTokens:
    """The control tokens of one tokenizer, by their text and by their id."""

    def __init__(self, tokens: Iterable[AddedToken]) -> None:
        self.by_text = {token.text: token for token in tokens}
        self.by_id = {token.id: token for token in self.by_text.values()}
        longest_first = sorted(self.by_text.values(), key=lambda token: len(token.text), reverse=True)
        self._pattern = re.compile("|".join(map(_pattern, longest_first)) or r"(?!)")

    def split(self, text: str) -> list[Part]:
        """A text cut at its control tokens: what lies between stays text. The leftmost, then the longest, is found."""
        parts: list[Part] = []
        end = 0
        for match in self._pattern.finditer(text):
            parts += [text[end : match.start()], self.by_text[match[0]]]
            end = match.end()
        return [part for part in (*parts, text[end:]) if part != ""]


def strip_beside(parts: Sequence[Part]) -> list[Part]:
    """Without the white space that belongs to the control tokens beside it; a text of nothing else disappears."""
    kept: list[Part] = []
    for at, part in enumerate(parts):
        if isinstance(part, str):
            before = parts[at - 1] if at else None
            after = parts[at + 1] if at + 1 < len(parts) else None
            if isinstance(before, AddedToken) and before.strips_right:
                part = part.lstrip(_WHITE_SPACE)
            if isinstance(after, AddedToken) and after.strips_left:
                part = part.rstrip(_WHITE_SPACE)
        if part != "":
            kept.append(part)
    return kept


def _pattern(token: AddedToken) -> str:
    text = re.escape(token.text)
    return rf"(?<!\w){text}(?!\w)" if token.single_word else text
