"""Sixteen float32 side by side in a register: the instructions that products with weights are made of.

These functions write LLVM code; the loops of `dense`, `int8` and `int4` beside this file are put together from them.
Memory is read at addresses, whole numbers, so that a call from Python passes nothing else. numba's cache does not see
edits in this file: after one, delete `__pycache__` beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba.core import config
from numba.extending import intrinsic

WIDTH = 16
BYTE, SHORT, WHOLE, INDEX = ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.IntType(64)
FLOAT = ir.FloatType()
FLOATS, WHOLES = ir.VectorType(FLOAT, WIDTH), ir.VectorType(WHOLE, WIDTH)
SHORTS = ir.VectorType(SHORT, 2 * WIDTH)
HALVES = ir.VectorType(SHORT, WIDTH)
EXACT_ENOUGH = ("contract",)  # a product and a sum may be rounded once; NaN and infinity keep their meaning


def _features() -> set[str]:
    """What the processor that numba compiles for can do: this one, or the one it has been told."""
    told: str | None = getattr(config, "CPU_FEATURES", None)
    if told is not None:
        return {name[1:] for name in told.split(",") if name.startswith("+")}
    return {name for name, there in binding.get_host_cpu_features().items() if there}


_FEATURES = _features()
HAS_PAIRS = {"avx512f", "avx512bw", "avx512bf16"} <= _FEATURES
"""Whether the processor multiplies pairs of bfloat16."""
_HAS_TABLES = {"avx512f", "avx512bw"} <= _FEATURES


class _BFloat(ir.types._BaseFloatType):  # type: ignore[misc]
    """bfloat16, which llvmlite does not name."""

    null = "0.0"
    intrinsic_name = "bf16"

    def __str__(self) -> str:
        return "bfloat"


_BFloat._create_instance()
_BFLOATS = ir.VectorType(_BFloat(), 2 * WIDTH)


def written_in_llvm(codegen: Callable[..., Any]) -> Any:
    """numba's `intrinsic`: a function for compiled code, given as its types and the instructions it stands for."""
    return intrinsic(codegen)


def whole(number: int) -> Any:
    """A constant number of bytes, steps, places."""
    return ir.Constant(INDEX, number)


def lanes(kind: Any, numbers: list[float] | list[int]) -> Any:
    """A constant vector."""
    return ir.Constant(kind, numbers)


def add(builder: Any, address: Any, offset: Any) -> Any:
    """An address so many bytes further on."""
    return builder.add(address, whole(offset) if isinstance(offset, int) else offset)


def load(builder: Any, address: Any, kind: Any) -> Any:
    """What lies at an address, on which nothing is asked but that it can be read."""
    return builder.load(builder.inttoptr(address, kind.as_pointer()), align=1)


def store(builder: Any, address: Any, value: Any) -> None:
    """Write to an address."""
    builder.store(value, builder.inttoptr(address, value.type.as_pointer()), align=1)


def repeat(builder: Any, number: Any, count: int = WIDTH) -> Any:
    """A number in every lane."""
    kind = ir.VectorType(number.type, count)
    single = builder.insert_element(ir.Constant(kind, ir.Undefined), number, ir.Constant(WHOLE, 0))
    order = ir.Constant(ir.VectorType(WHOLE, count), [0] * count)
    return builder.shuffle_vector(single, ir.Constant(kind, ir.Undefined), order)


def everywhere(builder: Any, address: Any, kind: Any = FLOAT) -> Any:
    """The number at an address, in every lane."""
    return repeat(builder, load(builder, address, kind))


def fused(builder: Any, left: Any, right: Any, onto: Any) -> Any:
    """`left * right + onto`."""
    return builder.fadd(builder.fmul(left, right, flags=EXACT_ENOUGH), onto, flags=EXACT_ENOUGH)


def call(builder: Any, name: str, result: Any, args: list[Any], flags: tuple[str, ...] = ()) -> Any:
    """A call of one of LLVM's own functions."""
    kind = ir.FunctionType(result, [arg.type for arg in args])
    function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
    return builder.call(function, args, fastmath=flags)


def pair_products(builder: Any, left: Any, right: Any, onto: Any) -> Any:
    """`onto` and, in each lane, the products of two bfloat16 with two others; both come as 16 numbers of 32 bits."""
    if not HAS_PAIRS:
        first = fused(builder, low_halves(builder, left), low_halves(builder, right), onto)
        return fused(builder, high_halves(builder, left), high_halves(builder, right), first)
    arguments = [onto, builder.bitcast(left, _BFLOATS), builder.bitcast(right, _BFLOATS)]
    return call(builder, "llvm.x86.avx512bf16.dpbf16ps.512", FLOATS, arguments)


def as_pairs(builder: Any, first: Any, second: Any) -> Any:
    """32 float32 rounded to bfloat16, two to a lane."""
    rounded = call(builder, "llvm.x86.avx512bf16.cvtne2ps2bf16.512", _BFLOATS, [second, first])
    return builder.bitcast(rounded, WHOLES)


def fetch(builder: Any, address: Any) -> Any:
    """Ask for the cache line at an address, which need not be readable, to be brought near."""
    pointer = builder.inttoptr(address, ir.IntType(8).as_pointer())
    arguments = [pointer, *(ir.Constant(WHOLE, number) for number in (0, 3, 1))]  # to be read, often, data
    return call(builder, "llvm.prefetch.p0", ir.VoidType(), arguments)


def low_halves(builder: Any, pairs: Any) -> Any:
    """The first bfloat16 of each lane as float32."""
    return builder.bitcast(builder.shl(pairs, lanes(WHOLES, [16] * WIDTH)), FLOATS)


def high_halves(builder: Any, pairs: Any) -> Any:
    """The second bfloat16 of each lane as float32."""
    return builder.bitcast(builder.and_(pairs, lanes(WHOLES, [0xFFFF0000] * WIDTH)), FLOATS)


def widened(builder: Any, halves: Any) -> Any:
    """16 bfloat16 as float32."""
    return builder.bitcast(builder.shl(builder.zext(halves, WHOLES), lanes(WHOLES, [16] * WIDTH)), FLOATS)


def first_lanes(builder: Any, address: Any, kind: Any, count: Any) -> Any:
    """The first `count` of a vector's numbers from an address on, and zeros; the rest of memory is not touched."""
    places = lanes(ir.VectorType(INDEX, kind.count), list(range(kind.count)))
    mask = builder.icmp_signed("<", places, repeat(builder, count, kind.count))
    name = f"llvm.masked.load.v{kind.count}{kind.element.intrinsic_name}.p0"
    nothing = lanes(kind, [0] * kind.count)
    arguments = [builder.inttoptr(address, kind.as_pointer()), ir.Constant(WHOLE, 1), mask, nothing]
    return call(builder, name, kind, arguments)


def totals_of(builder: Any, vectors: list[Any]) -> Any:
    """The sums over lanes of 16 vectors, each in the lane of its vector's number."""
    for distance in (1, 2, 4, 8):
        vectors = [
            _half_added(builder, left, right, distance) for left, right in zip(vectors[::2], vectors[1::2], strict=True)
        ]
    return vectors[0]


def total(builder: Any, vector: Any) -> Any:
    """The sum over lanes."""
    arguments = [ir.Constant(FLOAT, 0.0), vector]
    return call(builder, f"llvm.vector.reduce.fadd.v{WIDTH}f32", FLOAT, arguments, ("reassoc",))


def transposed(builder: Any, vectors: list[Any]) -> list[Any]:
    """16 vectors, lane by lane instead of one by one."""
    kind = ir.VectorType(WHOLE, WIDTH)
    for distance in (1, 2, 4, 8):
        turned = list(vectors)
        for low in (i for i in range(WIDTH) if not i & distance):
            pair = vectors[low], vectors[low + distance]
            kept = [lane if not lane & distance else lane - distance + WIDTH for lane in range(WIDTH)]
            moved = [lane + distance if not lane & distance else lane + WIDTH for lane in range(WIDTH)]
            turned[low] = builder.shuffle_vector(*pair, ir.Constant(kind, kept))
            turned[low + distance] = builder.shuffle_vector(*pair, ir.Constant(kind, moved))
        vectors = turned
    return vectors


def _half_added(builder: Any, left: Any, right: Any, distance: int) -> Any:
    """Neighbours at a distance added: those of `left` in its lanes without that bit, those of `right` in the others."""
    own = [lane + (WIDTH if lane & distance else 0) for lane in range(WIDTH)]
    other = [lane ^ distance for lane in own]
    kind = ir.VectorType(WHOLE, WIDTH)
    chosen, added = (builder.shuffle_vector(left, right, ir.Constant(kind, order)) for order in (own, other))
    return builder.fadd(chosen, added)


def nibbles(builder: Any, packed: Any, place: int) -> Any:
    """Four bits of each lane, the `place`-th from below, less 8, as float32."""
    shifted = builder.lshr(packed, lanes(WHOLES, [4 * place] * WIDTH)) if place else packed
    if _HAS_TABLES:
        table = lanes(FLOATS, [float(i - 8) for i in range(16)])
        return call(builder, "llvm.x86.avx512.permvar.sf.512", FLOATS, [table, shifted])
    signed = builder.sub(builder.and_(shifted, lanes(WHOLES, [15] * WIDTH)), lanes(WHOLES, [8] * WIDTH))
    return builder.sitofp(signed, FLOATS)


def nibble_pairs(builder: Any, packed: Any, place: int) -> Any:
    """Four bits of each half lane, the `place`-th from below, less 8, as bfloat16, two to a lane."""
    halves = builder.bitcast(packed, SHORTS)
    shifted = builder.lshr(halves, lanes(SHORTS, [4 * place] * 32)) if place else halves
    # The table is there twice: it is entered by five bits, the highest of which is the next number's.
    table = lanes(SHORTS, [_short_float(i - 8) for i in range(16)] * 2)
    return builder.bitcast(call(builder, "llvm.x86.avx512.permvar.hi.512", SHORTS, [table, shifted]), WHOLES)


def _short_float(number: int) -> int:
    """The bits of a small whole number as bfloat16."""
    if number == 0:
        return 0
    sign, exponent = (0x8000 if number < 0 else 0), abs(number).bit_length() - 1
    return sign | (127 + exponent) << 7 | (abs(number) << (7 - exponent)) & 0x7F
