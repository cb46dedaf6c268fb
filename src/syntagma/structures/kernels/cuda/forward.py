"""The forward sweep on the GPU: one program a sentence, all its words in one launch.

With emissions E and transitions X lifted as in `kernels.reference.messages`, and c_i the largest power of two in the
sum of A_i, so that dividing by it rounds nothing and its logarithm is a whole number:

    F_1 = E_1                F_i = E_i / c_{i-1}
    A_1 = F_1                A_i = (A_{i-1} X_i) * F_i
    log Z = log sum(A_n) + ln 2 * sum_{i<n} log2 c_i + peaks

c_{i-1} is worked out while A_{i-1} X_i is, so a step waits for nothing but its product of vector and matrix.
"""

from __future__ import annotations

import triton
import triton.language as tl

from syntagma.structures.kernels.cuda.lifting import exponent, lift_table, lift_word, power_of_two, unless_forbidden
from syntagma.structures.kernels.cuda.memory import ask_for_word, first_scores, load_table

_LN_2 = tl.constexpr(0.6931471805599453)
# A message this faint may have lost digits: what was added up for it may have been below the smallest normal number.
_FAINT = tl.constexpr(1e-190)
# The product of three numbers that are not below this is not 0, so that a 0 then means that no path arrives.
_SAFE = tl.constexpr(1e-100)


@triton.jit(do_not_specialize=("words", "labels", "start_row", "end_row"))
def forward(
    emissions,  # [batch, words, labels]
    transitions,  # [labels, labels] if SHARED, else [batch, words - 1, labels, labels]
    start,  # a row's [labels] begin at row * start_row; or None
    end,  # likewise
    lengths,  # [batch]
    arriving,  # out: A [batch, words, labels], 0 in padding
    factors,  # out: F, likewise
    log_z,  # out: [batch]
    doubtful,  # out: [batch], true where underflow may have cost digits, or log Z is not a finite number
    words,
    labels,
    start_row,
    end_row,
    SHARED: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Forward messages of one row, the factors they are made with, and log Z."""
    row = tl.program_id(0).to(tl.int64)
    length = tl.load(lengths + row).to(tl.int32)
    lane = tl.arange(0, BLOCK)
    inside = lane < labels
    emissions += row * words * labels
    arriving += row * words * labels
    factors += row * words * labels
    scores, closing = first_scores(emissions, start, end, row * start_row, row * end_row, length, labels, BLOCK)
    message, peaks = lift_word(scores)
    tl.store(factors + lane, message, mask=inside)
    tl.store(arriving + lane, message, mask=inside)
    faintest = unless_forbidden(scores, message)
    if SHARED:
        table, table_peak, faint = lift_table(load_table(transitions, labels, BLOCK))
        peaks += tl.where(length > 1, table_peak * (length - 1), 0.0)
        faintest = tl.minimum(faintest, tl.where(length > 1, faint, 1.0))
    else:
        transitions += row * (words - 1) * labels * labels
    powers = tl.full((), 0, tl.int64)
    total = tl.sum(message, 0)
    thinnest, least, missing = total, tl.where(message > 0, message, 1.0), tl.zeros((BLOCK,), tl.int1)
    # the scores of a word are asked for a step before they are needed, to hide the way from memory
    upcoming = ask_for_word(emissions, 1, length, labels, BLOCK)
    for i in range(1, length):
        place = tl.cast(i, tl.int64) * labels + lane
        scores = upcoming.to(tl.float64) + tl.where(i == length - 1, closing, 0.0)
        upcoming = ask_for_word(emissions, i + 1, length, labels, BLOCK)
        if not SHARED:
            table, table_peak, faint = lift_table(load_table(transitions, labels, BLOCK))
            transitions += labels * labels
            peaks += table_peak
            faintest = tl.minimum(faintest, faint)
        lifted, peak = lift_word(scores)
        factor = lifted * power_of_two(-exponent(total))
        powers += exponent(total)
        peaks += peak
        message = tl.sum(message[:, None] * table, 0) * factor
        total = tl.sum(message, 0)
        tl.store(factors + place, factor, mask=inside)
        tl.store(arriving + place, message, mask=inside)
        faintest = tl.minimum(faintest, unless_forbidden(scores, lifted))
        thinnest = tl.minimum(thinnest, total)
        least = tl.minimum(least, tl.where(message > 0, message, 1.0))
        missing |= (scores > -float("inf")) & (message == 0)
    result = tl.log(total) + powers.to(tl.float64) * _LN_2 + peaks
    tl.store(log_z + row, result)
    tl.store(doubtful + row, (_sound(faintest, thinnest, least, missing) & (tl.abs(result) < float("inf"))) == 0)
    _silence(arriving, factors, length, words, labels, BLOCK)


@triton.jit
def _sound(faintest, thinnest, least, missing):
    """Whether no label has lost its digits, each argument of the worst that was seen.

    `faintest [labels]` of what is not forbidden, lifted; `thinnest` of the sums of messages; `least [labels]` of the
    messages that are not 0; `missing [labels]` whether a label that is not itself forbidden got a message of 0: it
    may be that no path arrives there, but that is certain only where nothing is faint enough to vanish.
    """
    least_of_all = tl.min(least, 0)
    certain = tl.minimum(tl.min(faintest, 0), least_of_all) >= _SAFE
    reached = tl.max(missing.to(tl.int32), 0) == 0
    return (least_of_all >= _FAINT) & (thinnest >= _SAFE) & (reached | certain)


@triton.jit
def _silence(arriving, factors, length, words, labels, BLOCK: tl.constexpr):
    """Zeros in a row's padding."""
    lane = tl.arange(0, BLOCK)
    zeros = tl.zeros((BLOCK,), tl.float64)
    for i in range(length, words):
        place = tl.cast(i, tl.int64) * labels + lane
        tl.store(arriving + place, zeros, mask=lane < labels)
        tl.store(factors + place, zeros, mask=lane < labels)
