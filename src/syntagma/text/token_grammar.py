"""What a token looks like: patterns over the skeleton of a stretch of text without spaces.

The choices for English follow the English UD treebanks (EWT): clitics and hyphenated words are divided; affixes,
addresses, numbers and known abbreviations are not. Every repetition is bounded or ends in a match, so that a stretch
of any length takes linear time.
"""

from __future__ import annotations

import re

from syntagma.text import character_classes as kinds, english_words as english

_MARKS = f"{kinds.MARK}{kinds.JOINER}{kinds.KEYCAP}"
_LETTERS = f"A-Za-z{kinds.LOWER}{kinds.UPPER}"
_LETTER = f"[{_LETTERS}]"
_FIRST = f"[{_LETTERS}0-9]"
_WORD = f"[{_LETTERS}0-9_{_MARKS}]"
_BEGIN = f"(?<!{_WORD})"
_END = f"(?!{_WORD})"
_NO_TAIL = r"[^<>\"'.,;:!?)\]}]"


def _any(words: str) -> str:
    return "|".join(map(re.escape, sorted(words.split(), key=len, reverse=True)))


_ADDRESSES = [
    rf"(?i:(?:https?|ftp|file)://|mailto:)[^<>\"]*{_NO_TAIL}",
    rf"{_BEGIN}(?i:www)\.[^<>\"]*{_NO_TAIL}",
    rf"{_BEGIN}{_FIRST}[\w.+%-]{{0,63}}@{_FIRST}{_WORD}{{0,62}}(?:[.-]{_WORD}{{1,63}}){{0,8}}",
    rf"{_BEGIN}{_FIRST}{_WORD}{{0,62}}(?:[.-]{_FIRST}{_WORD}{{0,62}}){{0,6}}\.(?i:{_any(english.FILE_TYPES)}){_END}",
    rf"{_BEGIN}[a-z]{{2,20}}(?:\.[a-z]{{2,20}}){{2,6}}{_END}",
]

_HANDLES = [rf"{_BEGIN}[@#][{_LETTERS}_]{_WORD}*"]

_FACES = [
    rf"(?<![0-9:;])[:;]'?-?[)(]+(?![{_LETTERS}0-9])",
    rf"(?<![{_LETTERS}0-9:;])(?:[:;]'?[-o^]?[\]\[|\\/*DPpOo3]|=[)(DP])(?![{_LETTERS}0-9/])",
    rf"{_BEGIN}[xX]D+{_END}",
    rf"</?3{_END}",
    rf"{_BEGIN}\(-?[:;=](?![{_LETTERS}0-9)])",
    rf"\^[_.-]?\^|{_BEGIN}[oOT]_[oOT]{_END}",
    rf"{kinds.FLAG_LETTER}{{2}}",
    rf"[0-9#*]{kinds.MARK}?{kinds.KEYCAP}",
    rf"{kinds.EMOJI}{kinds.MARK}*(?:{kinds.JOINER}{kinds.EMOJI}{kinds.MARK}*)*",
]

_ABBREVIATED = [
    rf"{_BEGIN}(?:{_LETTER}\.)+{_LETTER}(?:\.(?!{_WORD})|{_END})",
    rf"{_BEGIN}Ph\.D(?:\.(?!{_WORD})|{_END})",
    rf"{_BEGIN}[A-Z{kinds.UPPER}]\.{_END}",
    rf"{_BEGIN}(?=[A-Za-z]{{1,7}}\.)(?:{_any(english.NAME_ABBREVIATIONS)})\.(?![a-z0-9])",
    rf"{_BEGIN}(?=[A-Z][a-z]{{1,6}}\.)(?:{_any(english.CAPITAL_ABBREVIATIONS)})\.{_END}",
    rf"{_BEGIN}(?=[A-Za-z]{{1,6}}\.)(?i:{_any(english.ABBREVIATIONS)})\.{_END}",
    rf"{_BEGIN}[A-Za-z]{{1,3}}(?:&[A-Za-z]{{1,2}})+{_END}",
    rf"{_BEGIN}(?i:w/out|w/o?|[a-z]/[a-z]){_END}(?!/)",
]

_NUMBERS = [
    rf"{_BEGIN}(?:\d{{1,2}}-)?(?:\d{{3}}[-/])?\d{{3}}-\d{{4}}{_END}(?!-)",
    rf"{_BEGIN}(?:\d{{5}}|[xX]?\d)-\d{{4}}{_END}",
    rf"{_BEGIN}\d{{1,4}}(?:-\d{{1,4}}){{2}}{_END}(?!-)",
    rf"{_BEGIN}(?:\d{{1,4}}/\d{{1,2}}/\d{{1,4}}|\d{{1,2}}/\d{{2}}|\d\d/\d{{1,2}}){_END}(?!/)",
    rf"{_BEGIN}[+]?\d+(?:[.,:]\d+)*(?=(?i:{_any(english.UNITS)}){_END})",
    rf"{_BEGIN}\d+(?:[.,:]\d+)+",
    rf"(?<![{_LETTERS}0-9.])\.\d+{_END}",
    rf"{_BEGIN}\+\d+{_END}",
    rf"{_BEGIN}'\d\ds?{_END}",
]

_CLITIC = rf"(?i:s|m|d|re|ve|ll){_END}"
_WORDS = [
    rf"(?i:n't){_END}",
    rf"{_FIRST}+(?=(?i:n't){_END})",
    rf"['`]{_CLITIC}",
    rf"{_BEGIN}(?=[A-Za-z]{{1,7}}-)(?i:(?:{_any(english.PREFIXES)})-)+{_FIRST}{_WORD}*",
    rf"{_BEGIN}{_FIRST}{_WORD}{{0,40}}-(?i:{_any(english.SUFFIXES)}){_END}",
    rf"{_FIRST}{_WORD}*(?:'(?!{_CLITIC}){_LETTER}{_WORD}*)*",
]

_OTHERS = [
    rf"[{script}{_MARKS}]+" for script in (kinds.HAN, kinds.HIRAGANA, kinds.KATAKANA, rf"{kinds.UNKNOWN}\x00-\x1f\x7f")
] + [
    r"\.{2,}",
    r"[-=]{3,}",
    r"[!?]+",
    r"([-=*~_+#|<>^/\\…$])\1+",
    r"''|``|<?-+>|<-+",
    r".",
]

# Looking at the first character alone rules out most of the patterns, which is what makes this quick.
_ANY = "|".join(
    [
        rf"(?=[{_LETTERS}0-9])(?:{'|'.join(_ADDRESSES + _ABBREVIATED)})",
        rf"(?=[0-9+.'#*xX])(?:{'|'.join(_NUMBERS)})",
        *_WORDS,
        *_HANDLES,
        *_FACES,
        *_OTHERS,
    ]
)
_WHOLE = re.compile(_ANY, re.DOTALL)
_SIMPLE = re.compile("|".join(_FACES[-3:] + _WORDS[-1:] + _OTHERS), re.DOTALL)
LONGEST = 1000
"""Characters; in a longer stretch without spaces, words and marks are told apart, but no address or abbreviation."""


def token_ends(stretch: str) -> list[int]:
    """Divide a stretch of text without spaces into tokens; give the offset after each of them."""
    shape = kinds.skeleton(stretch)
    pattern = _WHOLE if len(shape) <= LONGEST else _SIMPLE
    ends: list[int] = []
    for match in pattern.finditer(shape):
        start, end = match.span()
        if shape[start] in _MARKS and ends:
            ends[-1] = end
            continue
        first_part = english.JOINED.get(shape[start:end].lower())
        if first_part:
            ends.append(start + first_part)
        ends.append(end)
    return ends
