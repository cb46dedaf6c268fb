"""Sixteen float32 in a register, by name, in numba code: `a + b`, `a - b`, `a * b`, `a / b` and the functions here.

Memory is read at addresses, and is float32 or bfloat16. numba's cache does not see edits in this file: after one,
delete `__pycache__` beside it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from numba import njit, types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from syntagma.language_models.weights.cpu.lanes import (
    EXACT_ENOUGH,
    FLOAT,
    FLOATS,
    HALVES,
    WHOLES,
    WIDTH,
    call,
    fused,
    lanes,
    load,
    repeat,
    store,
    total,
    widened,
    written_in_llvm,
)
from syntagma.language_models.weights.cpu.memory import rounded


class _Vector(types.Type):
    """The type of sixteen float32 numbers."""

    def __init__(self) -> None:
        super().__init__(name="Vector")


VECTOR = _Vector()


@register_model(_Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, FLOATS)


def _define(symbol: Callable[[Any, Any], Any], instruction: str) -> None:
    class _Typing(ConcreteTemplate):
        cases = [signature(VECTOR, VECTOR, VECTOR)]  # noqa: RUF012

    infer_global(symbol)(_Typing)

    def lower(context: Any, builder: Any, kind: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args, flags=EXACT_ENOUGH)

    lower_builtin(symbol, VECTOR, VECTOR)(lower)


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")
_define(operator.truediv, "fdiv")


@written_in_llvm
def _floats(typing: Any, address: Any) -> Any:
    return VECTOR(types.intp), lambda context, builder, kinds, args: load(builder, args[0], FLOATS)


@written_in_llvm
def _halves(typing: Any, address: Any) -> Any:
    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return widened(builder, load(builder, args[0], HALVES))

    return VECTOR(types.intp), codegen


@written_in_llvm
def _put_floats(typing: Any, address: Any, vector: Any) -> Any:
    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
        store(builder, *args)

    return types.void(types.intp, VECTOR), codegen


@written_in_llvm
def _put_halves(typing: Any, address: Any, vector: Any) -> Any:
    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
        store(builder, args[0], rounded(builder, args[1]))

    return types.void(types.intp, VECTOR), codegen


@njit(nogil=True, forceinline=True)
def take(address: int, place: int, halves: bool) -> Any:
    """Sixteen numbers, from the `place`-th of what begins at an address."""
    return _halves(address + 2 * place) if halves else _floats(address + 4 * place)


@njit(nogil=True, forceinline=True)
def put(address: int, place: int, halves: bool, vector: Any) -> None:
    """Write sixteen numbers, rounded once, from the `place`-th on."""
    if halves:
        _put_halves(address + 2 * place, vector)
    else:
        _put_floats(address + 4 * place, vector)


@written_in_llvm
def as_half(typing: Any, vector: Any) -> Any:
    """Rounded to bfloat16."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return widened(builder, rounded(builder, args[0]))

    return VECTOR(VECTOR), codegen


@written_in_llvm
def splat(typing: Any, number: Any) -> Any:
    """The number in every lane."""
    return VECTOR(types.float32), lambda context, builder, kinds, args: repeat(builder, args[0])


@written_in_llvm
def sum_of(typing: Any, vector: Any) -> Any:
    """The sum over lanes."""
    return types.float32(VECTOR), lambda context, builder, kinds, args: total(builder, args[0])


@written_in_llvm
def highest(typing: Any, vector: Any) -> Any:
    """The largest number; NaN counts only where all are."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return call(builder, f"llvm.vector.reduce.fmax.v{WIDTH}f32", FLOAT, [args[0]])

    return types.float32(VECTOR), codegen


@written_in_llvm
def larger(typing: Any, left: Any, right: Any) -> Any:
    """The larger number in each lane; of a NaN and a number on its right, the number."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return VECTOR(VECTOR, VECTOR), codegen


@written_in_llvm
def exponential(typing: Any, vector: Any) -> Any:
    """e to the power of each number, to the last digit or two; 0 below -87, at most e to the 88, NaN of NaN."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return _exponential(builder, args[0])

    return VECTOR(VECTOR), codegen


_ROUNDING = 1.5 * 2.0**23  # added and taken away it rounds to a whole number, which is then in the lowest bits
_LN2_HIGH, _LN2_LOW = 0.693359375, -2.12194440e-4


def _exponential(builder: Any, x: Any) -> Any:
    """2^n e^r with n whole and |r| at most log(2) / 2, e^r by its series."""

    def constant(number: float) -> Any:
        return lanes(FLOATS, [number] * WIDTH)

    least, most = constant(-87.0), constant(88.0)
    below = builder.fcmp_ordered("<", x, least)
    x = builder.select(builder.fcmp_ordered(">", x, most), most, builder.select(below, least, x))
    shifted = fused(builder, x, constant(1.4426950408889634), constant(_ROUNDING))
    n = builder.fsub(shifted, constant(_ROUNDING))
    r = fused(builder, n, constant(-_LN2_LOW), fused(builder, n, constant(-_LN2_HIGH), x))
    series, factorial = constant(1.0 / 5040.0), 5040.0
    for degree in range(7, 0, -1):
        factorial /= degree
        series = fused(builder, series, r, constant(1.0 / factorial))
    exponent = builder.shl(builder.bitcast(shifted, WHOLES), lanes(WHOLES, [23] * WIDTH))
    power = builder.bitcast(builder.add(exponent, lanes(WHOLES, [127 << 23] * WIDTH)), FLOATS)
    return builder.select(below, constant(0.0), builder.fmul(series, power))
