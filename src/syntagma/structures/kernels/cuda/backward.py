"""The backward sweep and the gradient on the GPU, in one launch: one program a sentence, from its last word back.

From the forward messages A, the factors F and the lifted transitions X of `kernels.cuda.forward`:

    B_n = 1 / sum(A_n)       G_i = B_i * F_i       B_{i-1} = X_i G_i
    p(y_i = b)              = A_i[b] B_i[b]
    p(y_{i-1} = a, y_i = b) = A_{i-1}[a] X_i[a, b] G_i[b]

The gradient of `weight * (log Z - score(y))` is `weight` times these, less 1 for the parts that y has.

A shared table may come transposed, `[to, from]`: then sums over its first axis stay within a thread. With a table for
each position, or pairs to write out for each, reading and writing in order counts for more: they are `[from, to]`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from syntagma.structures.kernels.cuda.lifting import lift_table
from syntagma.structures.kernels.cuda.memory import load_table, store_rounded, table_mask, table_places

# how many words the counting of label pairs takes at once
_WORDS = tl.constexpr(32)


@triton.jit(do_not_specialize=("words", "labels"))
def backward(
    arriving,  # A [batch, words, labels]
    factors,  # F, likewise
    transitions,  # [to, from] if TRANSPOSED, [from, to] if only SHARED, else [batch, words - 1, from, to]
    lengths,  # [batch]
    doubtful,  # [batch], rows to leave at 0
    unary,  # out: by emissions [batch, words, labels], 0 in padding
    words,
    labels,
    SHARED: tl.constexpr,
    TRANSPOSED: tl.constexpr,
    BLOCK: tl.constexpr,
    weights=None,  # [batch]; None for 1
    path=None,  # y [batch, words]; None for the gradient of log Z alone
    returning=None,  # out: B [batch, words, labels], 0 where no path arrives, anything in padding; None: not wanted
    ends=None,  # out: by the scores of the two ends [batch, 2, labels]; likewise
    sums=None,  # out: by a shared table, TRANSPOSED, a row's share [batch, to, from]; likewise
    pairs=None,  # out: by a table for each position [batch, words - 1, from, to], 0 in padding; likewise
):
    """The gradient of one row, in float64 until it is stored as what its tensors are."""
    row = tl.program_id(0).to(tl.int64)
    length, weight = _extent(lengths, doubtful, weights, row)
    lane = tl.arange(0, BLOCK)
    inside = lane < labels
    word = row * words + tl.maximum(length - 1, 0)
    message = tl.load(arriving + word * labels + lane, mask=lane < tl.where(length > 0, labels, 0), other=0.0)
    back = tl.where(message > 0, 1.0 / tl.sum(message, 0), 0.0)
    share = weight * _difference(message, back, path, word, BLOCK)
    store_rounded(unary + word * labels + lane, share, inside)
    if returning is not None:
        tl.store(returning + word * labels + lane, back, mask=inside)
    if ends is not None:
        tl.store(ends + (2 * row + 1) * labels + lane, share, mask=inside)
    if SHARED:
        table, _, _ = lift_table(load_table(transitions, labels, BLOCK))
    if sums is not None:
        summed = tl.zeros((BLOCK, BLOCK), tl.float64)
    for _ in range(1, length):
        factor = tl.load(factors + word * labels + lane, mask=inside, other=0.0)
        word -= 1
        before = tl.load(arriving + word * labels + lane, mask=inside, other=0.0)
        place = (word - row) * labels * labels  # of the table between this word and the next
        if not SHARED:
            table, _, _ = lift_table(load_table(transitions + place, labels, BLOCK))
        arrival = back * factor
        if sums is not None:
            summed += arrival[:, None] * before[None, :]
        if pairs is not None:
            both = before[:, None] * table * arrival[None, :] - _pair(path, word, BLOCK)
            store_rounded(pairs + place + table_places(labels, BLOCK), weight * both, table_mask(labels, BLOCK))
        back = _times(table, arrival, TRANSPOSED)
        # where no path arrives nothing bounds what goes back, and infinity times 0 is not a number
        message, back = before, tl.where(before > 0, back, 0.0)
        if returning is not None:
            tl.store(returning + word * labels + lane, back, mask=inside)
        share = weight * _difference(message, back, path, word, BLOCK)
        store_rounded(unary + word * labels + lane, share, inside)
    if ends is not None:
        tl.store(ends + 2 * row * labels + lane, share, mask=inside)
    if sums is not None:
        summed = weight * (summed * table - _pair_counts(path, row * words, length, BLOCK))
        place = row * labels * labels
        tl.store(sums + place + table_places(labels, BLOCK), summed, mask=table_mask(labels, BLOCK))
    _silence(unary, pairs, row, length, words, labels, BLOCK)


@triton.jit
def _times(table, arrival, TRANSPOSED: tl.constexpr):
    """X G, `[from]`."""
    if TRANSPOSED:
        return tl.sum(table * arrival[:, None], 0)
    return tl.sum(table * arrival[None, :], 1)


@triton.jit
def _extent(lengths, doubtful, weights, row):
    """A row's length and weight; 0 and 0 where its messages are not to be used."""
    trusted = tl.load(doubtful + row) == 0
    weight = tl.full((), 1.0, tl.float64)
    if weights is not None:
        weight = tl.load(weights + row).to(tl.float64)
    return tl.where(trusted, tl.load(lengths + row).to(tl.int32), 0), tl.where(trusted, weight, 0.0)


@triton.jit
def _difference(message, back, path, word, BLOCK: tl.constexpr):
    """Probability of a word's labels, less 1 for the one that the path has there, `[labels]`."""
    probability = message * back
    if path is not None:
        probability -= tl.where(tl.arange(0, BLOCK) == tl.load(path + word), 1.0, 0.0)
    return probability


@triton.jit
def _pair(path, word, BLOCK: tl.constexpr):
    """1 for the labels that the path has at a word and the next, `[from, to]`."""
    lane = tl.arange(0, BLOCK)
    result = tl.zeros((BLOCK, BLOCK), tl.float64)
    if path is not None:
        after, before = lane == tl.load(path + word + 1), lane == tl.load(path + word)
        result = tl.where(before[:, None] & after[None, :], 1.0, result)
    return result


@triton.jit
def _pair_counts(path, first, length, BLOCK: tl.constexpr):
    """How often the path of a row has each two neighbouring labels, `[to, from]`; a product of ones and zeros."""
    counts = tl.zeros((BLOCK, BLOCK), tl.float32)  # which holds whole numbers up to 2^24
    if path is not None:
        lane = tl.arange(0, BLOCK)
        for i in range(0, length - 1, _WORDS):
            word = i + tl.arange(0, _WORDS)
            before = tl.load(path + first + word, mask=word < length - 1, other=-1)
            after = tl.load(path + first + word + 1, mask=word < length - 1, other=-1)
            is_after = (lane[:, None] == after[None, :]).to(tl.float16)
            is_before = (before[:, None] == lane[None, :]).to(tl.float16)
            counts = tl.dot(is_after, is_before, counts)
    return counts.to(tl.float64)


@triton.jit
def _silence(unary, pairs, row, length, words, labels, BLOCK: tl.constexpr):
    """Zeros in a row's padding."""
    lane = tl.arange(0, BLOCK)
    for i in range(length, words):
        store_rounded(unary + (row * words + i) * labels + lane, tl.zeros((BLOCK,), tl.float64), lane < labels)
    if pairs is not None:
        for i in range(tl.maximum(length - 1, 0), words - 1):
            place = (row * (words - 1) + i) * labels * labels + table_places(labels, BLOCK)
            store_rounded(pairs + place, tl.zeros((BLOCK, BLOCK), tl.float64), table_mask(labels, BLOCK))
