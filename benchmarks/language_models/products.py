"""Products with weights in every format beside torch's own: bytes of weights a second, and share of the bandwidth.

    python benchmarks/language_models/products.py                      under two minutes
    python benchmarks/language_models/products.py --threads 1 2        two threads too, on a machine without other work

Copies of a matrix are gone through in turn, together larger than any cache, so that all weights come from memory. One
thread is measured by its processor time, several by the clock; a figure is the median of all rounds, in each of which
every side has its turn. The bandwidth is that of summing a large array, measured between the others.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn import functional

from syntagma.language_models.weights import Format, pack
from syntagma.structures.kernels.dispatch import use_kernel

SIZES = {"SmolLM2 output": (576, 576), "Phi-4-mini output": (3072, 3072)}
INPUTS = (1, 4, 16, 256)
FORMATS: tuple[Format, ...] = ("fp32", "bf16", "int8", "int4")
COPIES_BYTES = 96 << 20
BIG = torch.ones(64 << 20)

Product = Callable[[Tensor], object]


@dataclass(frozen=True)
class Side:
    """A way of multiplying with several matrices of one format."""

    name: str
    products: list[Product]
    nbytes: int
    """Of one matrix."""
    dtype: torch.dtype

    def go_through(self, x: Tensor) -> None:
        """One product with each."""
        for product in self.products:
            product(x)


def main() -> None:
    """Measure and print a table for each size."""
    options = arguments()
    console = Console(width=150)
    for threads in options.threads:
        torch.set_num_threads(threads)
        clock = time.thread_time if threads == 1 else time.perf_counter
        for name, (rows, columns) in SIZES.items():
            with torch.inference_mode(), use_kernel("cpu"):
                console.print(
                    table(f"{name}, {rows} x {columns}, threads: {threads}", rows, columns, clock, options.rounds)
                )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def table(title: str, rows: int, columns: int, clock: Callable[[], float], rounds: int) -> Table:
    """All sides at one size."""
    grid = Table(title=title, title_justify="left")
    grid.add_column("weights")
    for inputs in INPUTS:
        grid.add_column(f"{inputs} inputs: GB/s", justify="right")
        grid.add_column("share" if inputs == 1 else "inputs/s against 1", justify="right")
    bandwidths: list[float] = []
    for side in sides(rows, columns):
        cells, alone = [side.name], 0.0
        for inputs in INPUTS:
            x = torch.randn(inputs, columns).to(side.dtype)
            few = Side(side.name, side.products[:1], side.nbytes, side.dtype) if inputs > 16 else side
            seconds = measured(few, x, clock, rounds, bandwidths)
            alone = alone or seconds
            rate = side.nbytes / seconds / 1e9
            relative = (
                f"{rate / statistics.median(bandwidths):.0%}" if inputs == 1 else f"{inputs * alone / seconds:.1f}"
            )
            cells += [f"{rate:.1f}", relative]
        grid.add_row(*cells)
    grid.caption = f"read bandwidth {statistics.median(bandwidths):.1f} GB/s"
    return grid


def measured(side: Side, x: Tensor, clock: Callable[[], float], rounds: int, bandwidths: list[float]) -> float:
    """Seconds of one product; what is read a second meanwhile is added to the bandwidths."""
    side.go_through(x)
    found = []
    for _ in range(rounds):
        start = clock()
        BIG.sum()
        middle = clock()
        side.go_through(x)
        bandwidths.append(BIG.nbytes / (middle - start) / 1e9)
        found.append((clock() - middle) / len(side.products))
    return statistics.median(found)


def sides(rows: int, columns: int) -> Iterator[Side]:
    """Every format, ours and torch's."""
    dense = torch.randn(rows, columns)
    for format in FORMATS:
        weight = pack(dense, format)
        dtype = torch.float32 if format == "fp32" else torch.bfloat16
        yield Side(
            f"{format}, syntagma",
            [pack(dense.clone(), format) for _ in range(copies(weight.nbytes))],
            weight.nbytes,
            dtype,
        )
        yield torchs(format, dense)


def copies(nbytes: int) -> int:
    """How many matrices of a size are gone through."""
    return max(1, COPIES_BYTES // nbytes)


def torchs(format: Format, dense: Tensor) -> Side:
    """What torch itself has for a format."""
    rows, columns = dense.shape
    name = f"{format}, torch"
    if format in ("fp32", "bf16"):
        dtype = torch.float32 if format == "fp32" else torch.bfloat16
        many = [dense.to(dtype, copy=True) for _ in range(copies(dense.to(dtype).nbytes))]
        return Side(name, [lambda x, w=w: functional.linear(x, w) for w in many], many[0].nbytes, dtype)
    if format == "int8":
        scales = torch.rand(rows).bfloat16()
        many = [torch.randint(-127, 128, (rows, columns), dtype=torch.int8) for _ in range(copies(rows * columns))]
        products = [lambda x, w=w: torch._weight_int8pack_mm(x, w, scales) for w in many]
        return Side(name, products, rows * columns + scales.nbytes, torch.bfloat16)
    numbers = torch.randint(0, 16, (rows, columns), dtype=torch.int32)
    pairs = torch.rand(columns // 32, rows, 2).bfloat16()
    nbytes = rows * columns // 2 + pairs.nbytes
    many = [torch._convert_weight_to_int4pack_for_cpu(numbers, 2) for _ in range(copies(nbytes))]
    return Side(
        name, [lambda x, w=w: torch._weight_int4pack_mm_for_cpu(x, w, 32, pairs) for w in many], nbytes, torch.bfloat16
    )


if __name__ == "__main__":
    main()
