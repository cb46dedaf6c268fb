"""What the kernels of trees do to eight numbers at once besides what `lanes` offers, in numba code."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from syntagma.structures.kernels.cpu.lanes import DOUBLE, INDEX, LANES, VECTOR, WIDTH, constant

_INTEGERS = ir.VectorType(INDEX, WIDTH)
_LOWEST, _HIGHEST = -1023.0, 1024.0
_SHIFTED = 1.5 * 2.0**52 + 1023.0  # an integer that this is added to has its biased exponent in the lowest bits


@intrinsic
def power_of_two(typing: Any, lanes: Any) -> Any:
    """2 to the power of integers: 0 below float64's range, infinite above it."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        low, high, x = constant(_LOWEST), constant(_HIGHEST), args[0]
        x = builder.select(builder.fcmp_ordered(">", x, low), x, low)
        x = builder.select(builder.fcmp_ordered("<", x, high), x, high)
        bits = builder.bitcast(builder.fadd(x, constant(_SHIFTED)), _INTEGERS)
        return builder.bitcast(builder.shl(bits, ir.Constant(_INTEGERS, [52] * WIDTH)), VECTOR)

    return LANES(LANES), codegen


@intrinsic
def largest(typing: Any, lanes: Any) -> Any:
    """The largest of eight numbers, none of which is NaN."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        name = f"llvm.vector.reduce.fmax.v{WIDTH}f64"
        kind = ir.FunctionType(DOUBLE, [VECTOR])
        function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
        return builder.call(function, args, fastmath=("nnan", "nsz"))

    return types.float64(LANES), codegen
