"""Eight numbers side by side in a register, by name, in numba code: its own loops over a few labels find no vectors.

`a + b`, `a - b` and `a * b` work on lanes; the functions here load, store and reduce them. All are inlined. Arrays are
contiguous and read from a flat place on, which nothing checks. numba's cache does not see edits in this file: after
one, delete `__pycache__` beside it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

WIDTH = 8
DOUBLE, BIT, INDEX = ir.DoubleType(), ir.IntType(1), ir.IntType(64)
VECTOR = ir.VectorType(DOUBLE, WIDTH)
EXACT_ENOUGH = ("contract",)  # a product and a sum may be rounded once; NaN and infinity keep their meaning


class _Lanes(types.Type):
    """The type of eight float64 numbers."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


LANES = _Lanes()


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


def _define(symbol: Callable[[Any, Any], Any], instruction: str) -> None:
    class _Typing(ConcreteTemplate):
        cases = [signature(LANES, LANES, LANES)]  # noqa: RUF012

    infer_global(symbol)(_Typing)

    def lower(context: Any, builder: Any, kind: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args, flags=EXACT_ENOUGH)

    lower_builtin(symbol, LANES, LANES)(lower)


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")


def constant(number: float) -> Any:
    """The number in every lane, as LLVM's constant."""
    return ir.Constant(VECTOR, [number] * WIDTH)


def written_in_llvm(codegen: Callable[..., Any]) -> Any:
    """numba's `intrinsic`: a function for compiled code, given as its types and the instructions it stands for."""
    return intrinsic(codegen)


def repeat(builder: Any, number: Any) -> Any:
    """LLVM code: a number in every lane."""
    kind = ir.VectorType(number.type, WIDTH)
    single = builder.insert_element(ir.Constant(kind, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(
        single, ir.Constant(kind, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    )


def place(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """LLVM code: the address of element `at` of an array laid flat, as that of a vector; and the vector's type."""
    data = context.make_array(kind)(context, builder, array).data
    vector = ir.VectorType(context.get_data_type(kind.dtype), WIDTH)
    return builder.bitcast(builder.gep(data, [at]), vector.as_pointer()), vector


def _to_double(builder: Any, vector: Any) -> Any:
    return vector if vector.type == VECTOR else builder.fpext(vector, VECTOR)


def _inside(builder: Any, count: Any) -> Any:
    """A bit for each lane before `count`."""
    lanes = ir.Constant(ir.VectorType(INDEX, WIDTH), list(range(WIDTH)))
    return builder.icmp_signed("<", lanes, repeat(builder, count))


def _call(builder: Any, name: str, result: Any, args: list[Any], flags: tuple[str, ...] = ()) -> Any:
    kind = ir.FunctionType(result, [arg.type for arg in args])
    function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
    return builder.call(function, args, fastmath=flags)


@written_in_llvm
def load(typing: Any, array: Any, at: Any) -> Any:
    """Eight numbers from `at` on."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        address, vector = place(context, builder, array, *args)
        return _to_double(builder, builder.load(address, align=4 if vector != VECTOR else 8))

    return LANES(array, types.intp), codegen


@written_in_llvm
def load_first(typing: Any, array: Any, at: Any, count: Any, otherwise: Any) -> Any:
    """The first `count` of eight numbers from `at` on, and another number in place of the rest, which is not read."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        address, vector = place(context, builder, array, args[0], args[1])
        mask = _inside(builder, args[2])
        size = 4 if vector != VECTOR else 8
        name = f"llvm.masked.load.v{WIDTH}f{size * 8}.p0"
        nothing = ir.Constant(vector, [0.0] * WIDTH)
        loaded = _call(builder, name, vector, [address, ir.Constant(ir.IntType(32), size), mask, nothing])
        return builder.select(mask, _to_double(builder, loaded), repeat(builder, args[3]))

    return LANES(array, types.intp, types.intp, types.float64), codegen


@written_in_llvm
def store(typing: Any, array: Any, at: Any, lanes: Any) -> Any:
    """Write eight float64 numbers from `at` on."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
        address, _ = place(context, builder, array, args[0], args[1])
        builder.store(args[2], address, align=8)

    return types.void(array, types.intp, LANES), codegen


@written_in_llvm
def store_first(typing: Any, array: Any, at: Any, count: Any, lanes: Any) -> Any:
    """Write the first `count` of eight numbers from `at` on, in the array's own type."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
        address, vector = place(context, builder, array, args[0], args[1])
        size = 4 if vector != VECTOR else 8
        numbers = args[3] if size == 8 else builder.fptrunc(args[3], vector)
        name = f"llvm.masked.store.v{WIDTH}f{size * 8}.p0"
        alignment = ir.Constant(ir.IntType(32), size)
        _call(builder, name, ir.VoidType(), [numbers, address, alignment, _inside(builder, args[2])])

    return types.void(array, types.intp, types.intp, LANES), codegen


@written_in_llvm
def splat(typing: Any, number: Any) -> Any:
    """The number in every lane."""
    return LANES(types.float64), lambda context, builder, kinds, args: repeat(builder, args[0])


@written_in_llvm
def highest(typing: Any, lanes: Any) -> Any:
    """The largest number; NaN counts only where all are."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return _call(builder, f"llvm.vector.reduce.fmax.v{WIDTH}f64", DOUBLE, [args[0]])

    return types.float64(LANES), codegen


@written_in_llvm
def total(typing: Any, lanes: Any) -> Any:
    """The sum."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        name = f"llvm.vector.reduce.fadd.v{WIDTH}f64"
        return _call(builder, name, DOUBLE, [ir.Constant(DOUBLE, 0.0), args[0]], ("reassoc",))

    return types.float64(LANES), codegen


@written_in_llvm
def larger(typing: Any, left: Any, right: Any) -> Any:
    """The larger number in each lane; of a NaN and a number on its right, the number."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return LANES(LANES, LANES), codegen


@written_in_llvm
def at_least(typing: Any, lanes: Any, floor: Any) -> Any:
    """In how many lanes the number is not below `floor` (nor NaN)."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        enough = builder.fcmp_ordered(">=", args[0], repeat(builder, args[1]))
        bits = builder.bitcast(enough, ir.IntType(WIDTH))
        return builder.zext(builder.ctpop(bits), INDEX)

    return types.intp(LANES, types.float64), codegen


@written_in_llvm
def exponential(typing: Any, lanes: Any) -> Any:
    """e to the power of numbers that are at most 0, to the last digit or two; 0 below -708, NaN of NaN."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return _exponential(builder, args[0])

    return LANES(LANES), codegen


@written_in_llvm
def is_odd(typing: Any, lanes: Any) -> Any:
    """Whether a number is NaN or +inf."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        odd = builder.fcmp_unordered(">=", args[0], constant(float("inf")))
        return builder.icmp_unsigned("!=", builder.bitcast(odd, ir.IntType(WIDTH)), ir.Constant(ir.IntType(WIDTH), 0))

    return types.boolean(LANES), codegen


@written_in_llvm
def first_at_least(typing: Any, lanes: Any, floor: Any) -> Any:
    """The first lane in which the number is not below `floor` (nor NaN); 8 where there is none."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        enough = builder.fcmp_ordered(">=", args[0], repeat(builder, args[1]))
        bits = builder.zext(builder.bitcast(enough, ir.IntType(WIDTH)), INDEX)
        return builder.cttz(builder.or_(bits, ir.Constant(INDEX, 1 << WIDTH)), ir.Constant(BIT, 1))

    return types.intp(LANES, types.float64), codegen


@written_in_llvm
def one_at(typing: Any, lane: Any) -> Any:
    """1 in this lane and 0 in the others; all 0 where it is not one of 0 to 7."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        lanes = ir.Constant(ir.VectorType(INDEX, WIDTH), list(range(WIDTH)))
        return builder.uitofp(builder.icmp_signed("==", lanes, repeat(builder, args[0])), VECTOR)

    return LANES(types.intp), codegen


_ROUNDING = 1.5 * 2.0**52  # added and taken away it rounds to a whole number, which is then in the lowest bits
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


def _exponential(builder: Any, x: Any) -> Any:
    """2^n e^r with n whole and |r| at most log(2) / 2, e^r by its series."""

    def fused(a: Any, b: Any, c: Any) -> Any:
        return builder.fadd(builder.fmul(a, b, flags=EXACT_ENOUGH), c, flags=EXACT_ENOUGH)

    shifted = fused(x, constant(1.4426950408889634), constant(_ROUNDING))
    n = builder.fsub(shifted, constant(_ROUNDING))
    r = fused(n, constant(-_LN2_LOW), fused(n, constant(-_LN2_HIGH), x))
    series, factorial = constant(1.0 / 6227020800.0), 6227020800.0
    for degree in range(13, 0, -1):
        factorial /= degree
        series = fused(series, r, constant(1.0 / factorial))
    whole = ir.VectorType(INDEX, WIDTH)
    exponent = builder.shl(builder.bitcast(shifted, whole), ir.Constant(whole, [52] * WIDTH))
    power = builder.bitcast(builder.add(exponent, ir.Constant(whole, [1023 << 52] * WIDTH)), VECTOR)
    result = builder.fmul(series, power)
    return builder.select(builder.fcmp_ordered("<", x, constant(-708.0)), constant(0.0), result)
