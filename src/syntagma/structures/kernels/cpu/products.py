"""A vector times a table, with the running sums in registers: the inner loop of every kernel over labels.

    add_rows   out[b] = sum_a numbers[a] * table[a, b]        (`onto`: out[b] + ...)
    best_rows  out[b] = max_a numbers[a] + table[a, b]

Tables lie flat from `first` on, each row as wide as `out`, a multiple of eight. The numbers are `step` places apart.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils

from syntagma.structures.kernels.cpu.lanes import (
    BIT,
    EXACT_ENOUGH,
    INDEX,
    WIDTH,
    constant,
    place,
    repeat,
    written_in_llvm,
)


def _sum_of_products(builder: Any, so_far: Any, number: Any, row: Any) -> Any:
    return builder.fadd(builder.fmul(number, row, flags=EXACT_ENOUGH), so_far, flags=EXACT_ENOUGH)


def _sum(builder: Any, left: Any, right: Any) -> Any:
    return builder.fadd(left, right)


def _largest_of_sums(builder: Any, so_far: Any, number: Any, row: Any) -> Any:
    return _larger(builder, builder.fadd(number, row), so_far)


def _larger(builder: Any, left: Any, right: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", left, right), left, right)


def _in_registers(blocks: int, combine: Any, join: Any, nothing: float, onto: bool) -> Any:
    """The loop over `count` rows for 8 * `blocks` columns; `onto` what is in `out`, or from `nothing` on.

    Even and odd rows run separately, to wait less for one another, and `join` at the end.
    """

    @written_in_llvm
    def loop(
        typing: Any, table: Any, first: Any, width: Any, numbers: Any, at: Any, step: Any, count: Any, out: Any, to: Any
    ) -> Any:
        whole = types.intp
        kind = types.void(table, whole, whole, numbers, whole, whole, whole, out, whole)

        def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
            def vectors(array: Any, values: Any, start: Any) -> list[Any]:
                offsets = [builder.add(start, ir.Constant(INDEX, block * WIDTH)) for block in range(blocks)]
                return [place(context, builder, array, values, offset)[0] for offset in offsets]

            def begin(values: list[Any]) -> list[Any]:
                return [cgutils.alloca_once_value(builder, value) for value in values]

            data = context.make_array(numbers)(context, builder, args[3]).data

            def visit(row: Any, running: list[Any]) -> None:
                offset = builder.add(args[4], builder.mul(row, args[5]))
                number = repeat(builder, builder.load(builder.gep(data, [offset])))
                start = builder.add(args[1], builder.mul(row, args[2]))
                for address, total in zip(vectors(table, args[0], start), running, strict=True):
                    builder.store(combine(builder, builder.load(total), number, builder.load(address, align=8)), total)

            targets = vectors(out, args[7], args[8])
            even = begin([builder.load(target, align=8) if onto else constant(nothing) for target in targets])
            odd = begin([constant(nothing)] * blocks)
            one = ir.Constant(INDEX, 1)
            with cgutils.for_range(builder, builder.lshr(args[6], one)) as pairs:
                row = builder.shl(pairs.index, one)
                visit(row, even)
                visit(builder.add(row, one), odd)
            with builder.if_then(builder.trunc(args[6], BIT)):
                visit(builder.sub(args[6], one), even)
            for target, left, right in zip(targets, even, odd, strict=True):
                builder.store(join(builder, builder.load(left), builder.load(right)), target, align=8)

        return kind, codegen

    return loop


def _any_width(combine: Any, join: Any, nothing: float, onto: bool = False) -> Any:
    one, two, three, four = (_in_registers(blocks, combine, join, nothing, onto) for blocks in (1, 2, 3, 4))

    @njit(forceinline=True)
    def rows(
        table: Any, first: int, width: int, numbers: Any, at: int, step: int, count: int, out: Any, to: int
    ) -> None:
        column = 0
        while column < width:
            left = width - column
            if left >= 32:
                four(table, first + column, width, numbers, at, step, count, out, to + column)
                column += 32
            elif left == 24:
                three(table, first + column, width, numbers, at, step, count, out, to + column)
                column += 24
            elif left == 16:
                two(table, first + column, width, numbers, at, step, count, out, to + column)
                column += 16
            else:
                one(table, first + column, width, numbers, at, step, count, out, to + column)
                column += 8

    return rows


add_rows = _any_width(_sum_of_products, _sum, 0.0)
add_rows_onto = _any_width(_sum_of_products, _sum, 0.0, onto=True)
best_rows = _any_width(_largest_of_sums, _larger, float("-inf"))
