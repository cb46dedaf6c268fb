"""How GPU kernels read scores: as float64, with -inf in the lanes beyond the labels."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def load_labels(scores, labels, BLOCK: tl.constexpr):
    """`[labels]` numbers from a pointer on, as `[BLOCK]`."""
    lane = tl.arange(0, BLOCK)
    return tl.load(scores + lane, mask=lane < labels, other=-float("inf")).to(tl.float64)


@triton.jit
def ask_for_word(emissions, i, length, labels, BLOCK: tl.constexpr):
    """Scores of word i of a row, as they are stored; -inf beyond the row's length, which is never read."""
    lane = tl.arange(0, BLOCK)
    place = tl.cast(i, tl.int64) * labels + lane
    return tl.load(emissions + place, mask=lane < tl.where(i < length, labels, 0), other=-float("inf"))


@triton.jit
def first_scores(emissions, start, end, start_place, end_place, length, labels, BLOCK: tl.constexpr):
    """Scores of the first word, with those of the ends that it is, and what the last word is to get."""
    scores = load_labels(emissions, labels, BLOCK)
    if start is not None:
        scores += load_labels(start + start_place, labels, BLOCK)
    closing = tl.zeros((BLOCK,), tl.float64)
    if end is not None:
        closing = load_labels(end + end_place, labels, BLOCK)
        scores += tl.where(length == 1, closing, 0.0)
    return scores, closing


@triton.jit
def load_table(scores, labels, BLOCK: tl.constexpr):
    """A table `[labels, labels]` of scores from a pointer on, as `[BLOCK, BLOCK]`.

    The compiler lays it out as it is loaded: neighbouring columns in neighbouring threads, so that a sum over the
    first axis, which the recurrences take at every step, stays within a thread. A transposed load would not.
    """
    return tl.load(scores + table_places(labels, BLOCK), table_mask(labels, BLOCK), -float("inf")).to(tl.float64)


@triton.jit
def table_places(labels, BLOCK: tl.constexpr):
    """Where the numbers of a table are, from its pointer on."""
    return tl.arange(0, BLOCK)[:, None] * labels + tl.arange(0, BLOCK)[None, :]


@triton.jit
def table_mask(labels, BLOCK: tl.constexpr):
    """Which lanes of a table hold a number."""
    return (tl.arange(0, BLOCK)[:, None] < labels) & (tl.arange(0, BLOCK)[None, :] < labels)


@triton.jit
def store_rounded(places, numbers, mask):
    """Store float64 numbers as the type that the memory is of; bfloat16 by way of float32, as there is no other."""
    if places.dtype.element_ty == tl.bfloat16:
        numbers = numbers.to(tl.float32)
    tl.store(places, numbers, mask=mask)
