"""One token of each row through all layers, in one call: products and attention are shared by the threads.

Between its steps numbers are in the decoder's dtype, rounded where its modules round them. The words of a plan are
those below, then for each layer six: what the norms multiply by, and the plans of the four products.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from syntagma.language_models.fused.cpu import attention
from syntagma.language_models.fused.cpu.vectors import as_half, exponential, put, splat, sum_of, take
from syntagma.language_models.weights.cpu.lanes import WIDTH
from syntagma.language_models.weights.cpu.memory import put_number, word
from syntagma.language_models.weights.cpu.pool import spread
from syntagma.language_models.weights.cpu.product import multiply

LAYERS, HIDDEN, HEADS, KV_HEADS, HEAD_SIZE, TURNING, INTERMEDIATE, HALVES, NORM, ATTEND = range(10)
WORDS = 10
ATTENTION_NORM, QKV, OUTPUT, FEED_FORWARD_NORM, GATE_UP, DOWN = range(6)
LAYER_WORDS = 6


@njit(nogil=True, cache=True)
def decode(
    plan: int,
    hidden: int,
    rows: int,
    memories: int,
    cosines: int,
    sines: int,
    epsilon: float,
    scale: float,
    scores: int,
    scores_stride: int,
    threads: int,
    pool: int,
) -> None:
    """Turn `hidden [rows, size]` into normalised states; keys and values go to the rows' memories.

    `cosines` and `sines [rows, turning / 2]` float32; `scores` is room for each key-value head of each row.
    """
    size, heads, kv_heads, head_size = (
        word(plan, HIDDEN),
        word(plan, HEADS),
        word(plan, KV_HEADS),
        word(plan, HEAD_SIZE),
    )
    halves, inner = word(plan, HALVES) != 0, word(plan, INTERMEDIATE)
    width, seen = (heads + 2 * kv_heads) * head_size, heads * head_size
    room = np.empty(rows * (2 * size + width + seen + 3 * inner), np.float32)
    normed = room.ctypes.data
    added = normed + 4 * rows * size
    qkv = added + 4 * rows * size
    mixed = qkv + 4 * rows * width
    pair = mixed + 4 * rows * seen
    gated = pair + 8 * rows * inner
    job = np.empty(attention.WORDS, np.int64)
    job[attention.QUERIES], job[attention.QUERY_STRIDE], job[attention.ROWS] = qkv, width, memories
    job[attention.KV_HEADS], job[attention.GROUP], job[attention.HEAD_SIZE] = kv_heads, heads // kv_heads, head_size
    job[attention.IN_HALVES], job[attention.OUT] = halves, mixed
    job[attention.SCORES], job[attention.SCORES_STRIDE] = scores, scores_stride
    put_number(job.ctypes.data + 8 * attention.SCALE, 0, np.float32(scale))
    for layer in range(word(plan, LAYERS)):
        own = plan + 8 * (WORDS + layer * LAYER_WORDS)
        job[attention.LAYER] = layer
        _norm(hidden, word(own, ATTENTION_NORM), rows, size, epsilon, halves, normed)
        multiply(word(own, QKV), normed, halves, rows, qkv, threads, pool)
        _turn(qkv, rows, heads + kv_heads, head_size, width, word(plan, TURNING), cosines, sines, halves)
        _remember(qkv, rows, heads, kv_heads, head_size, memories, layer, halves)
        spread(pool, word(plan, ATTEND), job.ctypes.data, rows * kv_heads)
        multiply(word(own, OUTPUT), mixed, halves, rows, added, threads, pool)
        _add(hidden, added, rows * size, halves)
        _norm(hidden, word(own, FEED_FORWARD_NORM), rows, size, epsilon, halves, normed)
        multiply(word(own, GATE_UP), normed, halves, rows, pair, threads, pool)
        _gate(pair, rows, inner, halves, gated)
        multiply(word(own, DOWN), gated, halves, rows, added, threads, pool)
        _add(hidden, added, rows * size, halves)
    _norm(hidden, word(plan, NORM), rows, size, epsilon, halves, normed)
    for place in range(0, rows * size, WIDTH):
        put(hidden, place, halves, take(normed, place, halves))
    room[0] = 0.0  # they must live until here
    job[0] = 0


@njit(nogil=True)
def _norm(x: int, weight: int, rows: int, size: int, epsilon: float, halves: bool, out: int) -> None:
    """Divide each row by the root of its mean square, round, and multiply."""
    for row in range(rows):
        squares = splat(np.float32(0))
        for place in range(row * size, (row + 1) * size, WIDTH):
            numbers = take(x, place, halves)
            squares = squares + numbers * numbers
        factor = splat(np.float32(1) / np.sqrt(sum_of(squares) / np.float32(size) + np.float32(epsilon)))
        for column in range(0, size, WIDTH):
            numbers = _rounded(take(x, row * size + column, halves) * factor, halves)
            put(out, row * size + column, halves, numbers * take(weight, column, halves))


@njit(nogil=True, forceinline=True)
def _rounded(vector: Any, halves: bool) -> Any:
    return as_half(vector) if halves else vector


@njit(nogil=True)
def _turn(
    qkv: int,
    rows: int,
    heads: int,
    head_size: int,
    width: int,
    turning: int,
    cosines: int,
    sines: int,
    halves: bool,
) -> None:
    """Turn the first dimensions of queries and keys, in halves."""
    half = turning // 2
    for row in range(rows):
        for head in range(heads):
            at = row * width + head * head_size
            for place in range(0, half, WIDTH):
                cosine, sine = take(cosines, row * half + place, False), take(sines, row * half + place, False)
                left, right = take(qkv, at + place, halves), take(qkv, at + half + place, halves)
                put(qkv, at + place, halves, left * cosine - right * sine)
                put(qkv, at + half + place, halves, right * cosine + left * sine)


@njit(nogil=True)
def _remember(
    qkv: int, rows: int, heads: int, kv_heads: int, head_size: int, memories: int, layer: int, halves: bool
) -> None:
    """Write keys and values of the new tokens to their places."""
    width = (heads + 2 * kv_heads) * head_size
    for row in range(rows):
        memory = memories + 8 * attention.ROW_WORDS * row
        item = 2 if halves else 4
        place = (word(memory, attention.END) - 1) % word(memory, attention.PLACES)
        start = layer * word(memory, attention.LAYER_BYTES) + place * head_size * item
        for head in range(kv_heads):
            target = start + head * word(memory, attention.HEAD_BYTES)
            key = row * width + (heads + head) * head_size
            for column in range(0, head_size, WIDTH):
                value = take(qkv, key + kv_heads * head_size + column, halves)
                put(word(memory, attention.KEYS) + target, column, halves, take(qkv, key + column, halves))
                put(word(memory, attention.VALUES) + target, column, halves, value)


@njit(nogil=True)
def _add(hidden: int, added: int, count: int, halves: bool) -> None:
    for place in range(0, count, WIDTH):
        put(hidden, place, halves, take(hidden, place, halves) + take(added, place, halves))


@njit(nogil=True)
def _gate(pair: int, rows: int, inner: int, halves: bool, out: int) -> None:
    """`up * silu(gate)` of gate and up side by side."""
    one = splat(np.float32(1))
    for row in range(rows):
        for column in range(0, inner, WIDTH):
            gate = take(pair, row * 2 * inner + column, halves)
            up = take(pair, row * 2 * inner + inner + column, halves)
            silu = _rounded(gate / (one + exponential(splat(np.float32(0)) - gate)), halves)
            put(out, row * inner + column, halves, up * silu)
