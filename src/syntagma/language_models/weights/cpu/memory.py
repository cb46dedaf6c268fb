"""Memory by address in numba code: reading, writing, calling what lies there, and words that threads share."""

from __future__ import annotations

import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from syntagma.language_models.weights.cpu.lanes import (
    FLOAT,
    FLOATS,
    INDEX,
    SHORT,
    WIDTH,
    call as llvm,
    load,
    store,
    written_in_llvm,
)

_ARM = platform.machine().lower() in ("aarch64", "arm64")
_X86 = platform.machine().lower() in ("x86_64", "amd64")


@written_in_llvm
def word(typing: Any, address: Any, place: Any) -> Any:
    """The `place`-th 64-bit number from an address on."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return load(builder, _place(builder, *args, 8), INDEX)

    return types.intp(types.intp, types.intp), codegen


@written_in_llvm
def number(typing: Any, address: Any, place: Any) -> Any:
    """The `place`-th float32 from an address on."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return load(builder, _place(builder, *args, 4), FLOAT)

    return types.float32(types.intp, types.intp), codegen


@written_in_llvm
def put_number(typing: Any, address: Any, place: Any, value: Any) -> Any:
    """Write the `place`-th float32 from an address on."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
        store(builder, _place(builder, args[0], args[1], 4), args[2])

    return types.void(types.intp, types.intp, types.float32), codegen


@written_in_llvm
def put_word(typing: Any, address: Any, place: Any, value: Any) -> Any:
    """Write the `place`-th 64-bit number from an address on."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
        store(builder, _place(builder, args[0], args[1], 8), args[2])

    return types.void(types.intp, types.intp, types.intp), codegen


@written_in_llvm
def copy_pair(typing: Any, source: Any, place: Any, target: Any, other: Any) -> Any:
    """Copy the `place`-th two bfloat16 from an address to the `other`-th from another."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
        both = load(builder, _place(builder, args[0], args[1], 4), ir.IntType(32))
        store(builder, _place(builder, args[2], args[3], 4), both)

    return types.void(*[types.intp] * 4), codegen


@written_in_llvm
def half(typing: Any, address: Any, place: Any) -> Any:
    """The `place`-th bfloat16 from an address on, as float32."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        bits = builder.zext(load(builder, _place(builder, *args, 2), SHORT), ir.IntType(32))
        return builder.bitcast(builder.shl(bits, ir.Constant(ir.IntType(32), 16)), FLOAT)

    return types.float32(types.intp, types.intp), codegen


@written_in_llvm
def put_half(typing: Any, address: Any, place: Any, value: Any) -> Any:
    """Write the `place`-th bfloat16 from an address on, rounded to the nearest, of two to the even one."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
        store(builder, _place(builder, args[0], args[1], 2), rounded(builder, args[2]))

    return types.void(types.intp, types.intp, types.float32), codegen


@written_in_llvm
def nearest_half(typing: Any, value: Any) -> Any:
    """The bfloat16 nearest to a float32, as float32."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        bits = builder.zext(rounded(builder, args[0]), ir.IntType(32))
        return builder.bitcast(builder.shl(bits, ir.Constant(ir.IntType(32), 16)), FLOAT)

    return types.float32(types.float32), codegen


@written_in_llvm
def round_sixteen(typing: Any, source: Any, target: Any) -> Any:
    """Round 16 float32 to bfloat16, from one address to another."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
        store(builder, args[1], rounded(builder, load(builder, args[0], FLOATS)))

    return types.void(types.intp, types.intp), codegen


@written_in_llvm
def room(typing: Any) -> Any:
    """The address of 16 times 16 float32 on this function's stack, of any content."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return builder.ptrtoint(cgutils.alloca_once(builder, FLOATS, size=WIDTH), INDEX)

    return types.intp(), codegen


@written_in_llvm
def call(typing: Any, function: Any, job: Any, chunk: Any) -> Any:
    """Call the compiled function at an address with two whole numbers."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
        kind = ir.FunctionType(ir.VoidType(), [INDEX, INDEX])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])

    return types.void(types.intp, types.intp, types.intp), codegen


@written_in_llvm
def shared(typing: Any, address: Any) -> Any:
    """A word that other threads write; what they wrote before it is seen by what follows."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return builder.load_atomic(_pointer(builder, args[0]), "acquire", 8)

    return types.intp(types.intp), codegen


@written_in_llvm
def share(typing: Any, address: Any, value: Any) -> Any:
    """Write a word for other threads, after all that was written before it."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
        builder.store_atomic(args[1], _pointer(builder, args[0]), "release", 8)

    return types.void(types.intp, types.intp), codegen


@written_in_llvm
def exchange_if(typing: Any, address: Any, old: Any, new: Any) -> Any:
    """Write a word where it is still the old one; whether it was."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        pointer = _pointer(builder, args[0])
        return builder.extract_value(builder.cmpxchg(pointer, args[1], args[2], "seq_cst", "seq_cst"), 1)

    return types.boolean(types.intp, types.intp, types.intp), codegen


@written_in_llvm
def count_up(typing: Any, address: Any, by: Any) -> Any:
    """Add to a word, whole against other threads."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return builder.atomic_rmw("add", _pointer(builder, args[0]), args[1], "seq_cst")

    return types.intp(types.intp, types.intp), codegen


@written_in_llvm
def pause(typing: Any) -> Any:
    """Wait some nanoseconds, kindly to the core's other thread."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
        if _X86:
            llvm(builder, "llvm.x86.sse2.pause", ir.VoidType(), [])
        if _ARM:
            llvm(builder, "llvm.aarch64.hint", ir.VoidType(), [ir.Constant(ir.IntType(32), 1)])

    return types.void(), codegen


def _place(builder: Any, address: Any, place: Any, size: int) -> Any:
    return builder.add(address, builder.mul(place, ir.Constant(INDEX, size)))


def _pointer(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, INDEX.as_pointer())


def rounded(builder: Any, value: Any) -> Any:
    """float32 to bfloat16's bits, in one number or many; a NaN stays one."""
    many = isinstance(value.type, ir.VectorType)

    def kind(bits: int) -> Any:
        return ir.VectorType(ir.IntType(bits), WIDTH) if many else ir.IntType(bits)

    def constant(integer: int) -> Any:
        return ir.Constant(kind(32), [integer] * WIDTH if many else integer)

    bits = builder.bitcast(value, kind(32))
    odd = builder.and_(builder.lshr(bits, constant(16)), constant(1))
    nearest = builder.lshr(builder.add(bits, builder.add(odd, constant(0x7FFF))), constant(16))
    broken = builder.or_(builder.lshr(bits, constant(16)), constant(0x40))
    return builder.trunc(builder.select(builder.fcmp_unordered("uno", value, value), broken, nearest), kind(16))
