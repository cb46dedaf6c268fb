"""Rotary positions in config.json: every spelling that released files and transformers have used."""

from __future__ import annotations

import math
from typing import Any

from syntagma.errors import ModelError
from syntagma.language_models.config import LongRope, Rotary
from syntagma.language_models.families.config_json import ConfigJson

LONGROPE = ("longrope", "su", "yarn")
"""The first Phi-3 configs say "su" or "yarn" and mean the same."""
ORIGINAL = "original_max_position_embeddings"


def read_rotary(config: ConfigJson, head_size: int, *, theta: float, long: bool, scales: bool = False) -> Rotary:
    """The rotary positions of a config; `theta` is the family's wavelength where none is given.

    `long` says whether the family knows LongRoPE, `scales` whether the config itself must give the two scales.

    Raises:
        ModelError: another kind of scaling, or a number that is missing or odd.
    """
    rope = config.part("rope_scaling") or config.part("rope_parameters") or ConfigJson({}, config.where)
    return Rotary(
        size=int(head_size * _either(rope, config, "partial_rotary_factor", 1.0)),
        theta=_either(rope, config, "rope_theta", theta),
        long=_long_rope(config, rope, scales=scales) if is_long(rope, long=long) else None,
    )


def is_long(rope: ConfigJson, *, long: bool) -> bool:
    """Whether a rope object means LongRoPE, if the family knows it. Raises ModelError for any other scaling."""
    kind = rope.word("rope_type", rope.word("type", "default"))
    if kind == "default" and not any(isinstance(value, dict) for value in rope.values.values()):
        return False
    if long and kind in LONGROPE:
        return True
    known = "'default' and 'longrope'" if long else "'default'"
    raise ModelError(
        f"rotary positions of the type {kind!r}, or different ones for different layers",
        where=rope.where,
        fix=f"Models of this family have {known}",
    )


def _either(rope: ConfigJson, config: ConfigJson, key: str, default: float) -> float:
    return rope.number(key) if rope.has(key) else config.number(key, default)


def _long_rope(config: ConfigJson, rope: ConfigJson, *, scales: bool) -> LongRope:
    # Where both are given, transformers, too, believes the outer one.
    original = config.integer(ORIGINAL) if config.has(ORIGINAL) else rope.integer(ORIGINAL)
    if original < 2:
        raise ModelError(f"{ORIGINAL!r} is {original}", where=rope.where, fix="It must be 2 or more")
    ratio = rope.number("factor", config.integer("max_position_embeddings") / original)
    usual = rope.number("attention_factor", long_scale(original, ratio))
    short = rope.number("short_mscale") if scales else usual
    long = rope.number("long_mscale") if scales else usual
    return LongRope(original, _factors(rope, "short_factor"), _factors(rope, "long_factor"), short, long)


def long_scale(original: int, ratio: float) -> float:
    """What cosine and sine are multiplied by, `sqrt(1 + ln(M / O) / ln(O))` (arXiv 2402.13753); `ratio` is M / O."""
    return math.sqrt(1 + math.log(ratio) / math.log(original)) if ratio > 1 else 1.0


def _factors(rope: ConfigJson, key: str) -> tuple[float, ...]:
    factors = rope.numbers(key)
    if not all(factor > 0 for factor in factors):
        raise ModelError(f"{key!r} holds a number that is not above 0", where=rope.where)
    return factors


def write_long_rope(long: LongRope, max_positions: int, *, kind: str = "longrope", scales: bool) -> dict[str, Any]:
    """The `rope_scaling` object of a LongRoPE; `scales` as in `read_rotary`."""
    written: dict[str, Any] = {
        "type": kind,
        "short_factor": list(long.short_factors),
        "long_factor": list(long.long_factors),
    }
    if scales:
        written |= {ORIGINAL: long.original_positions, "short_mscale": long.short_scale, "long_mscale": long.long_scale}
    elif long.short_scale != long.long_scale:
        raise ModelError(
            f"LongRoPE scales of {long.short_scale} and {long.long_scale}",
            fix="This family's config.json has room for one",
        )
    elif long.short_scale != long_scale(long.original_positions, max_positions / long.original_positions):
        written["attention_factor"] = long.short_scale
    return written
