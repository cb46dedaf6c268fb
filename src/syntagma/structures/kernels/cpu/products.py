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
from numba.extending import intrinsic

from syntagma.structures.kernels.cpu.lanes import EXACT_ENOUGH, INDEX, VECTOR, WIDTH, constant, place, repeat


def _sum_of_products(builder: Any, so_far: Any, number: Any, row: Any) -> Any:
    return builder.fadd(builder.fmul(number, row, flags=EXACT_ENOUGH), so_far, flags=EXACT_ENOUGH)


def _largest_of_sums(builder: Any, so_far: Any, number: Any, row: Any) -> Any:
    arriving = builder.fadd(number, row)
    return builder.select(builder.fcmp_ordered(">", arriving, so_far), arriving, so_far)


def _in_registers(blocks: int, combine: Any, begin: float | None) -> Any:
    """The loop over `count` rows for 8 * `blocks` columns; `begin` None to begin with what is in `out`."""

    @intrinsic
    def loop(
        typing: Any, table: Any, first: Any, width: Any, numbers: Any, at: Any, step: Any, count: Any, out: Any, to: Any
    ) -> Any:
        whole = types.intp
        kind = types.void(table, whole, whole, numbers, whole, whole, whole, out, whole)

        def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
            def vectors(array: Any, values: Any, start: Any) -> list[Any]:
                offsets = [builder.add(start, ir.Constant(INDEX, block * WIDTH)) for block in range(blocks)]
                return [place(context, builder, array, values, offset)[0] for offset in offsets]

            targets, running = vectors(out, args[7], args[8]), []
            for target in targets:
                value = builder.load(target, align=8) if begin is None else constant(begin)
                running.append(cgutils.alloca_once(builder, VECTOR))
                builder.store(value, running[-1])
            data = context.make_array(numbers)(context, builder, args[3]).data
            with cgutils.for_range(builder, args[6]) as rows:
                offset = builder.add(args[4], builder.mul(rows.index, args[5]))
                number = repeat(builder, builder.load(builder.gep(data, [offset])))
                row = builder.add(args[1], builder.mul(rows.index, args[2]))
                for address, total in zip(vectors(table, args[0], row), running, strict=True):
                    builder.store(combine(builder, builder.load(total), number, builder.load(address, align=8)), total)
            for target, total in zip(targets, running, strict=True):
                builder.store(builder.load(total), target, align=8)

        return kind, codegen

    return loop


def _any_width(combine: Any, begin: float | None) -> Any:
    one, two, three, four = (_in_registers(blocks, combine, begin) for blocks in (1, 2, 3, 4))

    @njit(forceinline=True)  # type: ignore[untyped-decorator]
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


add_rows = _any_width(_sum_of_products, 0.0)
add_rows_onto = _any_width(_sum_of_products, None)
best_rows = _any_width(_largest_of_sums, float("-inf"))
