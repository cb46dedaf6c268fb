"""Scores as positive numbers on the GPU: exponentials without a branch, and normalisers that round nothing.

Everything is float64. On data-centre cards (an H100 has half the rate of float32) a recurrence waits for its own last
result and not for arithmetic, so float32 would save little, and cost a second launch for every batch with a sharp
sentence; consumer cards (1/64) are slower at it, and still far ahead of a launch for every word.
"""

from __future__ import annotations

import triton
import triton.language as tl

_LOG2_E = tl.constexpr(1.4426950408889634)
# ln 2 in two parts, the first so short that its product with a whole number below 2^11 is exact
_LN_2_HIGH = tl.constexpr(6.93147180369123816490e-01)
_LN_2_LOW = tl.constexpr(1.90821492927058770002e-10)
# 1.5 * 2^52: a number that this was added to has its nearest whole number in its lowest bits
_ROUNDING = tl.constexpr(6755399441055744.0)
# e^x counts as 0 below this; what the sentinel of the forward sweep calls faint is far larger
_LOWEST = tl.constexpr(-700.0)
_EXPONENT_BITS = tl.constexpr(0x7FF0000000000000)
_BIAS = tl.constexpr(1023)


@triton.jit
def exponential(x):
    """e^x of x <= 0 to the last digit or two; 0 below -700; NaN stays NaN.

    The library's has a branch, and a branch in a recurrence keeps the compiler from working it out while the step
    before is still under way. Here x = n ln 2 + r, e^r is a series, and n goes straight into the exponent's bits.
    """
    bounded = tl.where(x < _LOWEST, _LOWEST, x)
    shifted = bounded * _LOG2_E + _ROUNDING
    n = shifted - _ROUNDING
    r = (bounded - n * _LN_2_HIGH) - n * _LN_2_LOW
    series = 1.0 + r * (1.0 / 13)
    for j in tl.static_range(12, 0, -1):
        series = 1.0 + series * (r * (1.0 / j))
    return tl.where(x < _LOWEST, 0.0, series * power_of_two(shifted.to(tl.int64, bitcast=True)))


@triton.jit
def power_of_two(n):
    """2^n in float64, for n from -1022 to 1023 in the lowest 11 bits of an int64."""
    return ((n + _BIAS) << 52).to(tl.float64, bitcast=True)


@triton.jit
def exponent(number):
    """The n of the largest power of two, 2^n, that is not above a positive normal number; int64."""
    return ((number.to(tl.int64, bitcast=True) & _EXPONENT_BITS) >> 52) - _BIAS


@triton.jit
def lift_word(scores):
    """Of the scores of a word's labels: `e^(scores - peak)`, and the peak, their largest."""
    peak = _finite(tl.max(scores, 0))
    return exponential(scores - peak), peak


@triton.jit
def lift_table(scores):
    """Of a table: `e^(scores - peak)`, the peak, and the faintest of each column that is not forbidden."""
    peak = _finite(tl.max(tl.max(scores, 0), 0))
    lifted = exponential(scores - peak)
    return lifted, peak, tl.min(unless_forbidden(scores, lifted), 0)


@triton.jit
def unless_forbidden(scores, lifted):
    """The lifted scores, with 1, the largest that one can be, in place of what is forbidden."""
    return tl.where(scores > -float("inf"), lifted, 1.0)


@triton.jit
def _finite(peak):
    return tl.where(peak == -float("inf"), 0.0, peak)
