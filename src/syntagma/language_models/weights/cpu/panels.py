"""Inner loops of products with packed weights, sixteen rows at a time: a lane for each row of a panel.

A panel is 16 rows of a matrix, cut into groups of columns that share a scale in each row. For each column the weights
of its rows are unpacked into a register once, and multiplied by that column's number of every input, which all lanes
take. Inputs come `count` at a time, column after column: `[columns, count]` float32, or `[columns / 2, count, 2]`
bfloat16 where the processor multiplies pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from syntagma.language_models.weights.cpu.lanes import (
    BYTE,
    FLOATS,
    HALVES,
    WHOLE,
    WHOLES,
    WIDTH,
    add,
    as_pairs,
    everywhere,
    fetch,
    fused,
    high_halves,
    lanes,
    load,
    low_halves,
    nibble_pairs,
    nibbles,
    pair_products,
    store,
    whole,
    widened,
    written_in_llvm,
)

_AHEAD = 4096
"""Bytes of weights from those in work to those that are sent for: what memory brings in the meantime."""

Unpack = Callable[[Any, Any], Iterator[Any]]


@dataclass(frozen=True)
class Packing:
    """How a format writes one group of a panel."""

    columns: int
    """Of a group."""
    group_bytes: int
    scale_bytes: int
    """Of a group's scales, and offsets where there are any, bfloat16."""
    offset: bool
    """Whether each scale is followed by what is added to the weights."""
    floats: Unpack
    """The weights of each column, as 16 float32, given a builder and a group's address."""
    pairs: Unpack
    """The weights of every two columns, as 16 pairs of bfloat16."""


def _int4_floats(builder: Any, address: Any) -> Iterator[Any]:
    for block in range(4):
        packed = load(builder, add(builder, address, 64 * block), WHOLES)
        for place in range(4):
            yield nibbles(builder, packed, place)
            yield nibbles(builder, packed, place + 4)


def _int4_pairs(builder: Any, address: Any) -> Iterator[Any]:
    for block in range(4):
        packed = load(builder, add(builder, address, 64 * block), WHOLES)
        for place in range(4):
            yield nibble_pairs(builder, packed, place)


def _int8_floats(builder: Any, address: Any) -> Iterator[Any]:
    for pair in range(32):
        both = builder.sext(load(builder, add(builder, address, 32 * pair), HALVES), WHOLES)
        up, down = lanes(WHOLES, [24] * WIDTH), lanes(WHOLES, [8] * WIDTH)
        yield builder.sitofp(builder.ashr(builder.shl(both, up), up), FLOATS)
        yield builder.sitofp(builder.ashr(both, down), FLOATS)


def _int8_pairs(builder: Any, address: Any) -> Iterator[Any]:
    for pair in range(32):
        at = add(builder, address, 32 * pair)
        halves = [load(builder, add(builder, at, offset), ir.VectorType(BYTE, WIDTH)) for offset in (0, 16)]
        yield as_pairs(builder, *(builder.sitofp(builder.sext(half, WHOLES), FLOATS) for half in halves))


INT4 = Packing(32, 256, 64, True, _int4_floats, _int4_pairs)
INT8 = Packing(64, 1024, 32, False, _int8_floats, _int8_pairs)


def tile(packing: Packing, count: int, pairs: bool) -> Any:
    """The loop over some groups of a panel for `count` inputs, as a function for numba code.

    It takes addresses: of the groups' weights and scales, of the inputs from those columns on, of the inputs' sums over
    each group `[groups, count]`, then the number of groups, and where the result `[count, 16]` goes.
    """
    # Several sums for one input hide how long a multiplication takes.
    chains = 2 if count <= 8 else 1

    @written_in_llvm
    def loop(typing: Any, weights: Any, scales: Any, x: Any, sums: Any, groups: Any, out: Any) -> Any:
        def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
            weights, scales, x, sums, groups, out = args
            results = [add(builder, out, 4 * WIDTH * i) for i in range(count)]
            totals = [cgutils.alloca_once_value(builder, lanes(FLOATS, [0.0] * WIDTH)) for _ in results]
            with cgutils.for_range(builder, groups) as each:

                def at(start: Any, size: int) -> Any:
                    return add(builder, start, builder.mul(each.index, whole(size)))

                parts = _group(
                    builder,
                    packing,
                    pairs,
                    count,
                    chains,
                    at(weights, packing.group_bytes),
                    at(x, _width(packing, count, pairs)),
                )
                scale, offset = _scale(builder, packing, at(scales, packing.scale_bytes))
                for i, part in enumerate(parts):
                    total = fused(builder, scale, part, builder.load(totals[i]))
                    if packing.offset:
                        of_input = everywhere(builder, add(builder, at(sums, 4 * count), 4 * i))
                        total = fused(builder, offset, of_input, total)
                    builder.store(total, totals[i])
            for result, total in zip(results, totals, strict=True):
                store(builder, result, builder.load(total))

        return types.void(*[types.intp] * 6), codegen

    return loop


def _width(packing: Packing, count: int, pairs: bool) -> int:
    """Bytes that a group's columns of the inputs take."""
    return packing.columns * count * (2 if pairs else 4)


def _group(builder: Any, packing: Packing, pairs: bool, count: int, chains: int, weights: Any, x: Any) -> list[Any]:
    """The unscaled products of one group with each input."""
    for line in range(0, packing.group_bytes, 64):
        fetch(builder, add(builder, weights, line + _AHEAD))
    zero = lanes(FLOATS, [0.0] * WIDTH)
    sums = [[zero] * chains for _ in range(count)]
    multiply, kind = (pair_products, WHOLE) if pairs else (fused, ir.FloatType())
    for step, weight in enumerate((packing.pairs if pairs else packing.floats)(builder, weights)):
        for i, chain in enumerate(sums):
            of_input = everywhere(builder, add(builder, x, 4 * (step * count + i)), kind)
            chain[step % chains] = multiply(builder, weight, of_input, chain[step % chains])
    return [chain[0] if chains == 1 else builder.fadd(*chain) for chain in sums]


def _scale(builder: Any, packing: Packing, scales: Any) -> tuple[Any, Any]:
    """A group's scale in each row, and its offset."""
    if not packing.offset:
        return widened(builder, load(builder, scales, HALVES)), None
    both = load(builder, scales, WHOLES)
    return low_halves(builder, both), high_halves(builder, both)
