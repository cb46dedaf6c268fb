"""What a word looks like: its norm, its first and last characters, its shape; and a stable hash of each."""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Callable
from hashlib import blake2b

from syntagma.encoders.long_words import ends_of
from syntagma.errors import RecipeError

SEEDS = 4
"""Independent hashes of a feature."""
MAXIMUM_CHARACTERS = 128
"""A longer word is seen through its first and last 64 characters."""
_AFFIX = re.compile(r"(prefix|suffix)([1-9]?)")
_DEFAULT_LENGTHS = {"prefix": 1, "suffix": 3}
_LONGEST_RUN = 4


def feature(name: str) -> Callable[[str], str]:
    """The function of a feature's name: word, norm, shape, prefix (1), prefix1..9, suffix (3), suffix1..9.

    Raises:
        RecipeError: the name is none of these.
    """
    if name in _WHOLE:
        return _WHOLE[name]
    affix = _AFFIX.fullmatch(name)
    if not affix:
        known = ", ".join([*_WHOLE, "prefix, prefix1 to prefix9, suffix, suffix1 to suffix9"])
        raise RecipeError(f"'{name}' is not a feature of words", fix=f"Choose from: {known}")
    length = int(affix[2] or _DEFAULT_LENGTHS[affix[1]])
    if affix[1] == "prefix":
        return lambda word: word[:length]
    return lambda word: word[-length:]


def norm(word: str) -> str:
    """The word in compatibility form and lower case, its digits all 0: `Ｔｗｏ-1984` gives `two-0000`."""
    if word.isascii():
        return re.sub("[0-9]", "0", word.lower())
    return re.sub(r"\d", "0", unicodedata.normalize("NFKC", word).lower().replace("’", "'"))


def shape(word: str) -> str:
    """Capitals as X, other letters x, digits d, marks as they are, runs cut at four: `McDonald's` is `XxXxxxx'x`."""
    found: list[str] = []
    for character in word:
        sign = _sign(character)
        if found[-_LONGEST_RUN:] != [sign] * _LONGEST_RUN:
            found.append(sign)
    return "".join(found)


def hashes(name: str, value: str) -> bytes:
    """`SEEDS` unsigned 32-bit numbers, the same on every platform, as 16 little-endian bytes."""
    # The name's bytes keep features apart that share a value; lone surrogates have bytes too.
    return blake2b(value.encode("utf-8", "surrogatepass"), digest_size=4 * SEEDS, person=name.encode()).digest()


def rows(word: str, features: dict[str, tuple[Callable[[str], str], int]]) -> bytes:
    """Row numbers of a word, `SEEDS` for each feature, as int64 bytes; a feature is its function and table size."""
    word = ends_of(word, MAXIMUM_CHARACTERS)
    found: list[int] = []
    for name, (function, size) in features.items():
        found += [number % size for number in struct.unpack("<4I", hashes(name, function(word)))]
    return struct.pack(f"{len(found)}q", *found)


def _sign(character: str) -> str:
    if character.isalpha():
        return "X" if character.isupper() else "x"
    return "d" if character.isdigit() else character


_WHOLE: dict[str, Callable[[str], str]] = {"word": str, "norm": norm, "shape": shape}
