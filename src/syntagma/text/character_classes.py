"""What kind of character each code point is, so that one small set of ASCII-like patterns serves every script."""

from __future__ import annotations

import unicodedata

MARK, JOINER, KEYCAP = "\u0300", "\u200d", "\u20e3"
LOWER, UPPER, DIGIT = "ä", "Ä", "0"
HAN, HIRAGANA, KATAKANA = "一", "あ", "ア"
EMOJI, FLAG_LETTER = "☺", "\U0001f1e6"
PUNCTUATION, SYMBOL, UNKNOWN = "¡", "¬", "¤"

_SAME_AS_ASCII = {
    **dict.fromkeys("’ʼ＇‘‛", "'"),
    **dict.fromkeys("‐‑－", "-"),
    "＠": "@",
    "＃": "#",
}
_OF_CATEGORY = {
    "Lu": UPPER,
    "Lt": UPPER,
    "Mn": MARK,
    "Mc": MARK,
    "Me": MARK,
    "Cf": MARK,
    "Nd": DIGIT,
    "Nl": DIGIT,
    "No": DIGIT,
    "Sc": "$",
    "So": EMOJI,
    "Cc": UNKNOWN,
    "Cs": UNKNOWN,
    "Co": UNKNOWN,
    "Cn": UNKNOWN,
}


def skeleton(text: str) -> str:
    """Replace every character beyond ASCII by the one that stands for its kind; the length stays the same."""
    return text if text.isascii() else text.translate(_CLASSES)


def character_class(character: str) -> str:
    """Give the character that stands for the kind of this one."""
    if character.isascii() or character in (JOINER, KEYCAP):
        return character
    return _SAME_AS_ASCII.get(character) or _by_block(ord(character)) or _by_category(character)


def _by_block(point: int) -> str | None:
    """Sort scripts written without spaces and emoji, which may be younger than this Python's Unicode tables."""
    if 0x1F1E6 <= point <= 0x1F1FF:
        return FLAG_LETTER
    if 0x1F3FB <= point <= 0x1F3FF:
        return MARK
    if 0x1F000 <= point <= 0x1FAFF:
        return EMOJI
    if 0x4E00 <= point <= 0x9FFF or 0x3400 <= point <= 0x4DBF or 0x20000 <= point <= 0x3FFFF or point == 0x3005:
        return HAN
    if 0x3041 <= point <= 0x3096:
        return HIRAGANA
    if (0x30A1 <= point <= 0x30FF and point != 0x30FB) or 0x31F0 <= point <= 0x31FF:
        return KATAKANA
    return None


def _by_category(character: str) -> str:
    category = unicodedata.category(character)
    known = _OF_CATEGORY.get(category)
    if known:
        return known
    return {"L": LOWER, "P": PUNCTUATION, "S": SYMBOL}.get(category[0], UNKNOWN)


class _Classes(dict[int, str]):
    """A table for `str.translate` that is filled as characters are met."""

    def __missing__(self, point: int) -> str:
        self[point] = kind = character_class(chr(point))
        return kind


_CLASSES = _Classes({ord(character): character for character in map(chr, range(128))})
