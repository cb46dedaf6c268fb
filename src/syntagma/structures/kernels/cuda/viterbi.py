"""The best path on the GPU, in one launch: one program a sentence, there with back-pointers and back along them."""

from __future__ import annotations

import triton
import triton.language as tl

from syntagma.structures.kernels.cuda.memory import ask_for_word, first_scores, load_table


@triton.jit(do_not_specialize=("words", "labels", "start_row", "end_row"))
def viterbi(
    emissions,  # [batch, words, labels]
    transitions,  # [labels, labels] if SHARED, else [batch, words - 1, labels, labels]
    start,  # a row's [labels] begin at row * start_row; or None
    end,  # likewise
    lengths,  # [batch]
    origins,  # scratch: the best label before each label [batch, words, labels]
    path,  # out: [batch, words], -1 in padding
    best,  # out: the path's score [batch]; NaN where the row has a NaN or a +inf
    words,
    labels,
    start_row,
    end_row,
    SHARED: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """The best path of one row; of equals the one with the lowest last label, then the lowest before it, and so on."""
    row = tl.program_id(0).to(tl.int64)
    length = tl.load(lengths + row).to(tl.int32)
    lane = tl.arange(0, BLOCK)
    inside = lane < labels
    emissions += row * words * labels
    origins += row * words * labels
    path += row * words
    scores, closing = first_scores(emissions, start, end, row * start_row, row * end_row, length, labels, BLOCK)
    unusable = _unusable(scores)
    if SHARED:
        table = load_table(transitions, labels, BLOCK)
        unusable |= tl.where(length > 1, tl.max(_unusable(table), 0), 0)
    else:
        transitions += row * (words - 1) * labels * labels
    upcoming = ask_for_word(emissions, 1, length, labels, BLOCK)
    for i in range(1, length):
        place = tl.cast(i, tl.int64) * labels + lane
        word = upcoming.to(tl.float64) + tl.where(i == length - 1, closing, 0.0)
        upcoming = ask_for_word(emissions, i + 1, length, labels, BLOCK)
        if not SHARED:
            table = load_table(transitions, labels, BLOCK)
            transitions += labels * labels
            unusable |= tl.max(_unusable(table), 0)
        unusable |= _unusable(word)
        scores, origin = tl.max(scores[:, None] + table, 0, return_indices=True)
        tl.store(origins + place, origin, mask=inside)
        scores += word
    score, label = tl.max(scores, 0, return_indices=True)
    tl.store(best + row, tl.where(tl.max(unusable, 0) > 0, float("nan"), score))
    _trace_back(origins, path, label, length, labels)
    for i in range(length, words, BLOCK):
        tl.store(path + i + lane, -1, mask=i + lane < words)


@triton.jit
def _unusable(scores):
    """1 where a score is NaN or +inf: a maximum would hide the one, and be taken in by the other."""
    return ((scores != scores) | (scores == float("inf"))).to(tl.int32)


@triton.jit
def _trace_back(origins, path, label, length, labels):
    """Follow the back-pointers from the last word's label."""
    tl.debug_barrier()  # they were written by other threads of this program
    tl.store(path + length - 1, label)
    for i in range(1, length):
        here = tl.cast(length - i, tl.int64)
        label = tl.load(origins + here * labels + label).to(tl.int32)
        tl.store(path + here - 1, label)
