"""Inner loops of products with dense weights, sixteen rows at a time, whose rows lie in memory one after another.

Lanes are columns here, and what a row has in its lanes is added up at the end. Inputs `[count, columns]` are float32,
or bfloat16 where the processor multiplies pairs, with zeros after the last column up to a whole register.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numba import types
from numba.core import cgutils

from syntagma.language_models.weights.cpu.lanes import (
    FLOATS,
    HALVES,
    SHORTS,
    WHOLES,
    WIDTH,
    add,
    fetch,
    first_lanes,
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

_AT_ONCE = 4
"""Rows that are read side by side."""
_AHEAD, _SHORT_ROW = 2048, 2048
"""Bytes of a row from those in work to those that are sent for; and of rows so short that the next four are."""


@dataclass(frozen=True)
class Layout:
    """How a register is filled from a row of weights, and from an input."""

    stored: Any
    """What is loaded."""
    item: int
    """Bytes of one weight."""
    unpacked: Callable[[Any, Any], Any]
    multiply: Callable[[Any, Any, Any, Any], Any]


FP32 = Layout(FLOATS, 4, lambda builder, row: row, fused)
BF16 = Layout(HALVES, 2, widened, fused)
BF16_PAIRS = Layout(SHORTS, 2, lambda builder, row: builder.bitcast(row, WHOLES), pair_products)


def tile(layout: Layout, count: int) -> Any:
    """The loop over some columns of 16 rows for `count` inputs, as a function for numba code.

    It takes the address of the weights and the bytes from row to row, how many of the 16 rows there are (the last one
    stands for the rest), the inputs' address and bytes from one to the next, the number of columns, and where the
    result `[count, 16]` goes.
    """

    @written_in_llvm
    def loop(typing: Any, weights: Any, row_bytes: Any, rows: Any, x: Any, x_bytes: Any, columns: Any, out: Any) -> Any:
        def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
            weights, row_bytes, rows, x, x_bytes, columns, out = args
            partial = cgutils.alloca_once(builder, FLOATS, size=WIDTH * count)
            inputs = [add(builder, x, builder.mul(x_bytes, whole(i))) for i in range(count)]
            last = builder.sub(rows, whole(1))
            # One input is so quick that the processor's own guess of what comes next in long rows is better.
            ahead = builder.select(
                builder.icmp_signed("<=", row_bytes, whole(_SHORT_ROW)),
                builder.mul(row_bytes, whole(_AT_ONCE)),
                whole(_AHEAD if count > 1 else 0),
            )
            with cgutils.for_range(builder, whole(WIDTH // _AT_ONCE)) as block:
                first = builder.mul(block.index, whole(_AT_ONCE))
                starts = []
                for r in range(_AT_ONCE):
                    row = builder.add(first, whole(r))
                    row = builder.select(builder.icmp_signed("<", row, last), row, last)
                    starts.append(add(builder, weights, builder.mul(row, row_bytes)))
                sums = _sums(builder, layout, starts, inputs, columns, ahead)
                for i in range(count):
                    for r in range(_AT_ONCE):
                        place = builder.add(whole(i * WIDTH + r), first)
                        builder.store(sums[r][i], builder.gep(partial, [place]))
            for i in range(count):
                vectors = [builder.load(builder.gep(partial, [whole(i * WIDTH + row)])) for row in range(WIDTH)]
                store(builder, add(builder, out, 4 * WIDTH * i), totals_of(builder, vectors))

        return types.void(*[types.intp] * 7), codegen

    return loop


def _sums(
    builder: Any, layout: Layout, rows: list[Any], inputs: list[Any], columns: Any, ahead: Any
) -> list[list[Any]]:
    """What each row has in its lanes for each input, over all columns."""
    zero = lanes(FLOATS, [0.0] * WIDTH)
    running = [[cgutils.alloca_once_value(builder, zero) for _ in inputs] for _ in rows]
    step = layout.stored.count
    full = builder.udiv(columns, whole(step))

    def visit(index: Any, read: Callable[[Any], Any]) -> None:
        offset = builder.mul(index, whole(4 * WIDTH))
        numbers = [load(builder, add(builder, x, offset), WHOLES) for x in inputs]
        if layout.multiply is fused:
            numbers = [builder.bitcast(each, FLOATS) for each in numbers]
        at = builder.mul(index, whole(step * layout.item))
        for row, totals in zip(rows, running, strict=True):
            fetch(builder, add(builder, add(builder, row, at), ahead))
            weights = layout.unpacked(builder, read(add(builder, row, at)))
            for x, total in zip(numbers, totals, strict=True):
                builder.store(layout.multiply(builder, weights, x, builder.load(total)), total)

    with cgutils.for_range(builder, full) as each:
        visit(each.index, lambda address: load(builder, address, layout.stored))
    rest = builder.sub(columns, builder.mul(full, whole(step)))
    with builder.if_then(builder.icmp_signed(">", rest, whole(0))):
        visit(full, lambda address: first_lanes(builder, address, layout.stored, rest))
    return [[builder.load(total) for total in totals] for totals in running]
