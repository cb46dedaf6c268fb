"""How byte-level vocabularies cut a text before merging: the published patterns by name, as tokenizer.json has them."""

from __future__ import annotations

from typing import Any

from syntagma.errors import ModelError

_ENDINGS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_UPPER, _LOWER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
_BEHIND_NUMBERS = r"\s*[\r\n]+|\s+(?!\S)|\s+"


def _after_words(digits: str) -> str:
    """The cut of cl100k and its kin, which take so many digits together."""
    word = rf"{_ENDINGS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+"
    return rf"{word}|\p{{N}}{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_BEHIND_NUMBERS}"


CL100K = _after_words("{1,3}")
QWEN2 = _after_words("")
O200K = "|".join(
    (
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]*[{_LOWER}]+{_ENDINGS}?",
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]+[{_LOWER}]*{_ENDINGS}?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        _BEHIND_NUMBERS,
    )
)
_GPT2: list[dict[str, Any]] = [
    {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True}
]
_BYTES: dict[str, Any] = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
_DIGITS: dict[str, Any] = {"type": "Digits", "individual_digits": True}

_PATTERN_OF = {"cl100k": CL100K, "llama-bpe": CL100K, "llama3": CL100K, "llama-v3": CL100K, "dbrx": CL100K}
_PATTERN_OF |= {"smaug-bpe": CL100K, "o200k": O200K, "gpt-4o": O200K, "llama4": O200K, "qwen2": QWEN2}
_LIKE_GPT2 = ("gpt-2", "default", "phi-2", "mpt", "olmo", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de")
_LIKE_GPT2_BY_DIGIT = ("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b")
NAMES = (*_PATTERN_OF, *_LIKE_GPT2, *_LIKE_GPT2_BY_DIGIT)
"""The names that GGUF files use (`tokenizer.ggml.pre`), with cl100k and o200k."""


def pre_tokenizer(name: str, where: str) -> dict[str, Any]:
    """The `pre_tokenizer` of tokenizer.json that cuts as the named pattern does. Raises ModelError for others."""
    if name in _PATTERN_OF:
        cut = {"type": "Split", "pattern": {"Regex": _PATTERN_OF[name]}, "behavior": "Isolated", "invert": False}
        return _sequence([cut, _BYTES])
    if name in _LIKE_GPT2:
        return _sequence(_GPT2)
    if name in _LIKE_GPT2_BY_DIGIT:
        return _sequence([_DIGITS, *_GPT2])
    raise ModelError(
        f"how the tokenizer cuts words, {name!r}, is not known; known are {', '.join(sorted(NAMES))}",
        where=where,
        fix="Use the model's folder with its tokenizer.json",
    )


def _sequence(steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "Sequence", "pretokenizers": steps}
