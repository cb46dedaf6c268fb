"""Attention of one token of each sequence over what is remembered, a key-value head of a sequence at a time.

Memory of a sequence in one layer is `[key-value heads, places, head size]`; what a query sees are the positions from
`first` to before `end`, each at its position modulo the number of places: one run of places, or two.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import cfunc, njit, types
from numba.core import cgutils

from syntagma.language_models.fused.cpu.vectors import (
    exponential,
    highest,
    larger,
    put,
    splat,
    sum_of,
    take,
)
from syntagma.language_models.weights.cpu.lanes import (
    FLOATS,
    HALVES,
    HAS_PAIRS,
    SHORT,
    WHOLES,
    WIDTH,
    add,
    everywhere,
    fused,
    lanes,
    load,
    pair_products,
    store,
    totals_of,
    whole,
    widened,
    written_in_llvm,
)
from syntagma.language_models.weights.cpu.memory import put_number, room, word

# The words of a job.
QUERIES, QUERY_STRIDE, ROWS, KV_HEADS, GROUP, HEAD_SIZE, IN_HALVES, LAYER, SCALE, SCORES, SCORES_STRIDE, OUT = range(12)
WORDS = 12
# The words of a row's memory: addresses, bytes from layer to layer and from head to head, places, and what is seen.
KEYS, VALUES, LAYER_BYTES, HEAD_BYTES, PLACES, FIRST, END = range(7)
ROW_WORDS = 8


def _scores(kind: Any, widen: Callable[[Any, Any], Any], multiply: Any) -> Any:
    """Products of a query with some keys in a row, scaled: sixteen keys at a time, past the last one any number.

    Queries and keys are read alike, so many registers of each.
    """

    @written_in_llvm
    def loop(
        typing: Any, query: Any, keys: Any, row_bytes: Any, count: Any, registers: Any, scale: Any, out: Any
    ) -> Any:
        def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
            query, keys, row_bytes, count, registers, scale, out = args
            factor, last = everywhere(builder, scale), builder.sub(count, whole(1))
            size = whole(2 * kind.count if kind.element == SHORT else 64)
            blocks = builder.udiv(builder.add(count, whole(WIDTH - 1)), whole(WIDTH))
            with cgutils.for_range(builder, blocks) as block:
                totals, starts = [], []
                for lane in range(WIDTH):
                    totals.append(cgutils.alloca_once(builder, FLOATS))
                    builder.store(lanes(FLOATS, [0.0] * WIDTH), totals[lane])
                    row = builder.add(builder.mul(block.index, whole(WIDTH)), whole(lane))
                    row = builder.select(builder.icmp_signed("<", row, last), row, last)
                    starts.append(add(builder, keys, builder.mul(row, row_bytes)))
                with cgutils.for_range(builder, registers) as each:
                    offset = builder.mul(each.index, size)
                    of_query = widen(builder, load(builder, add(builder, query, offset), kind))
                    for start, total in zip(starts, totals, strict=True):
                        key = widen(builder, load(builder, add(builder, start, offset), kind))
                        builder.store(multiply(builder, of_query, key, builder.load(total)), total)
                found = builder.fmul(totals_of(builder, [builder.load(total) for total in totals]), factor)
                store(builder, add(builder, out, builder.mul(block.index, whole(64))), found)

        return types.void(*[types.intp] * 7), codegen

    return loop


def _mixture(halves: bool, at_once: int) -> Any:
    """Some values in a row, each times its weight, added to `out`: of each value `at_once` vectors, from one on."""

    @written_in_llvm
    def loop(typing: Any, values: Any, row_bytes: Any, weights: Any, count: Any, vector: Any, out: Any) -> Any:
        def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
            values, row_bytes, weights, count, vector, out = args
            places = [builder.add(vector, whole(i)) for i in range(at_once)]
            targets = [add(builder, out, builder.mul(place, whole(64))) for place in places]
            totals = [cgutils.alloca_once_value(builder, load(builder, target, FLOATS)) for target in targets]
            with cgutils.for_range(builder, count) as each:
                weight = everywhere(builder, add(builder, weights, builder.mul(each.index, whole(4))))
                start = add(builder, values, builder.mul(each.index, row_bytes))
                for place, total in zip(places, totals, strict=True):
                    value = _sixteen(builder, start, place, halves)
                    builder.store(fused(builder, weight, value, builder.load(total)), total)
            for target, total in zip(targets, totals, strict=True):
                store(builder, target, builder.load(total))

        return types.void(*[types.intp] * 6), codegen

    return loop


def _sixteen(builder: Any, start: Any, vector: Any, halves: bool) -> Any:
    """A vector of a row, as float32."""
    address = add(builder, start, builder.mul(vector, whole(32 if halves else 64)))
    return widened(builder, load(builder, address, HALVES)) if halves else load(builder, address, FLOATS)


def _as_is(builder: Any, vector: Any) -> Any:
    return vector


_scores_of_floats, _scores_of_halves = _scores(FLOATS, _as_is, fused), _scores(HALVES, widened, fused)
_scores_of_pairs = _scores(WHOLES, _as_is, pair_products)
_four_of_halves, _four_of_floats = _mixture(True, 4), _mixture(False, 4)
_one_of_halves, _one_of_floats = _mixture(True, 1), _mixture(False, 1)


@njit(nogil=True)
def _attend(job: int, index: int) -> None:
    """All queries that share a key-value head."""
    kv_heads, group = word(job, KV_HEADS), word(job, GROUP)
    row, kv_head = index // kv_heads, index % kv_heads
    memory = word(job, ROWS) + 8 * ROW_WORDS * row
    start = word(job, LAYER) * word(memory, LAYER_BYTES) + kv_head * word(memory, HEAD_BYTES)
    halves, head_size = word(job, IN_HALVES) != 0, word(job, HEAD_SIZE)
    row_bytes, vectors = head_size * (2 if halves else 4), head_size // WIDTH
    first, end, places = word(memory, FIRST), word(memory, END), word(memory, PLACES)
    count = end - first
    run = min(count, places - first % places)
    near, far = start + first % places * row_bytes, start
    scores = word(job, SCORES) + index * word(job, SCORES_STRIDE)
    mixed = room()
    for head in range(kv_head * group, (kv_head + 1) * group):
        query = word(job, QUERIES) + (row * word(job, QUERY_STRIDE) + head * head_size) * (2 if halves else 4)
        for place in range(0, head_size, WIDTH):
            put(mixed, place, False, splat(np.float32(0)))
        _score(query, word(memory, KEYS) + near, row_bytes, run, vectors, job + 8 * SCALE, scores, halves)
        if run < count:
            keys = word(memory, KEYS) + far
            _score(query, keys, row_bytes, count - run, vectors, job + 8 * SCALE, scores + 4 * run, halves)
        whole_sum = _softmax(scores, count)
        _mix(word(memory, VALUES) + near, row_bytes, scores, run, vectors, mixed, halves)
        if run < count:
            _mix(word(memory, VALUES) + far, row_bytes, scores + 4 * run, count - run, vectors, mixed, halves)
        at = (row * kv_heads * group + head) * head_size
        for place in range(0, head_size, WIDTH):
            put(word(job, OUT), at + place, halves, take(mixed, place, False) / splat(whole_sum))


@njit(nogil=True, forceinline=True)
def _score(query: int, keys: int, row_bytes: int, count: int, vectors: int, scale: int, out: int, halves: bool) -> None:
    if not halves:
        _scores_of_floats(query, keys, row_bytes, count, vectors, scale, out)
    elif HAS_PAIRS and vectors % 2 == 0:
        _scores_of_pairs(query, keys, row_bytes, count, vectors // 2, scale, out)
    else:
        _scores_of_halves(query, keys, row_bytes, count, vectors, scale, out)


@njit(nogil=True, forceinline=True)
def _mix(values: int, row_bytes: int, weights: int, count: int, vectors: int, out: int, halves: bool) -> None:
    vector = 0
    while vector < vectors:
        if vectors - vector >= 4:
            if halves:
                _four_of_halves(values, row_bytes, weights, count, vector, out)
            else:
                _four_of_floats(values, row_bytes, weights, count, vector, out)
            vector += 4
        else:
            if halves:
                _one_of_halves(values, row_bytes, weights, count, vector, out)
            else:
                _one_of_floats(values, row_bytes, weights, count, vector, out)
            vector += 1


@njit(nogil=True, forceinline=True)
def _softmax(scores: int, count: int) -> float:
    """Turn scores into weights that are not yet divided by their sum, which is returned."""
    padded = (count + WIDTH - 1) // WIDTH * WIDTH
    for place in range(count, padded):
        put_number(scores, place, np.float32(-np.inf))
    best = splat(np.float32(-np.inf))
    for place in range(0, padded, WIDTH):
        best = larger(take(scores, place, False), best)
    peak, sums = splat(highest(best)), splat(np.float32(0))
    for place in range(0, padded, WIDTH):
        weights = exponential(take(scores, place, False) - peak)
        put(scores, place, False, weights)
        sums = sums + weights
    return sum_of(sums)


def attend(job: int, index: int) -> None:
    """A chunk of a layer's attention."""
    _attend(job, index)


@cache
def compiled() -> Any:
    """`attend`, compiled when it is first asked for; `.address` is what others call it by."""
    return cfunc(types.void(types.intp, types.intp), cache=True)(attend)
