"""The chain on a GPU: checks every kernel there, then measures it beside the loops of other libraries.

    PYTHONPATH=src python benchmarks/structures/gpu.py [FILE.md]

Writes Markdown to FILE.md, or to $OUT/gpu.md where $OUT names a folder, and prints it. Ends with an error where there
is no CUDA device, or where a test fails. Times are of calls as a program makes them, one after another, from the first
launch to the end of the last; those of kernels alone are of replayed graphs, in which nothing waits for Python.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import ours
import peers
import torch
import usual_loop
from problems import ChainProblem, chain_problem
from rows import FAILURES
from tables import Table

from syntagma.structures.kernels.dispatch import use_kernel
from syntagma.structures.kernels.lattice import Lattice

ROOT = Path(__file__).parents[2]
SIZES = ((128, 128, 20), (32, 64, 20), (32, 256, 20), (128, 256, 9), (128, 64, 50), (64, 128, 100), (2048, 128, 20))
OPERATIONS = {"loss + gradient": "loss", "Viterbi": "viterbi", "marginals": "marginals"}
DEVIATIONS = (1.0, 20.0)
OURS, PLAIN, LOOP = "ours", "ours, plain torch", "usual loop"
GOAL = 20.0
ROUNDS = 7
ENOUGH, SLOW = 50.0, 500.0
"""Milliseconds: of a round, and of a call of which one is enough."""


def main() -> None:
    """Check, measure, print, write."""
    target = _target()
    if not torch.cuda.is_available():
        sys.exit("gpu.py: torch sees no CUDA device here; run it on a machine with an NVIDIA GPU")
    failed, tests = _tests()
    torch.set_default_device("cuda")
    bandwidth = _copy_bandwidth()
    tables = [_speed_table(), _kernel_table(bandwidth), _warps_table()]
    text = "\n".join([_heading(bandwidth, tests), *(table.markdown() for table in tables)])
    print(text)
    if target is not None:
        target.write_text(text + "\n", encoding="utf-8")
    if failed:
        sys.exit("gpu.py: a test failed on this device; the times above are of something wrong")


def _target() -> Path | None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, help="where the Markdown goes")
    given: Path | None = parser.parse_args().file
    folder = os.environ.get("OUT")
    return given or (Path(folder) / "gpu.md" if folder else None)


def _tests() -> tuple[bool, str]:
    """Whether a test of the kernels failed on this device, and what pytest counted."""
    folder = "tests/structures/kernels/cuda"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "minversion=8", folder]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        print(result.stdout[-6000:], result.stderr[-2000:])
    lines = result.stdout.strip().splitlines() or ["pytest printed nothing"]
    return result.returncode != 0, lines[-1].strip("= ")


def _heading(bandwidth: float, tests: str) -> str:
    about = torch.cuda.get_device_properties(0)
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("torch", "triton"))
    return "\n".join(
        [
            "# The chain on a GPU",
            "",
            f"{about.name}, {about.multi_processor_count} multiprocessors, {versions}, "
            f"copy {bandwidth / 1e12:.2f} TB/s (read and written). Tests on this device: {tests}. "
            f"Largest error of a gradient's element, against the usual loop in float64: {_error():.1e}.",
            "Command: `PYTHONPATH=src python benchmarks/structures/gpu.py`.",
            "",
        ]
    )


def _error() -> float:
    """Of our gradient by float32 scores, at the size that the goal is for."""
    problem = _problem(SIZES[0], 1.0)
    scores = ("emissions", "transitions", "start", "end")
    precise = replace(problem, **{name: getattr(problem, name).double() for name in scores})
    found, expected = ours.Chain(problem).loss(), usual_loop.Chain(precise).loss()
    return max(float((mine - theirs).abs().amax()) for mine, theirs in zip(found, expected, strict=True))


def _milliseconds(call: Callable[[], object]) -> float:
    """Median of several rounds of many calls, between two events on the device; one call is enough of a slow side."""
    call()
    once = _between(call, 1)
    if once > SLOW:
        return once
    calls = max(1, int(ENOUGH / max(once, 1e-3)))
    return median(_between(call, calls) for _ in range(ROUNDS))


def _between(call: Callable[[], object], calls: int) -> float:
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    torch.cuda.synchronize()
    begin.record()
    for _ in range(calls):
        call()
    end.record()
    torch.cuda.synchronize()
    return float(begin.elapsed_time(end)) / calls


def _alone(launch: Callable[[], object]) -> float:
    """Milliseconds of what `launch` puts on the device, recorded once and replayed."""
    launch()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        launch()
    return _milliseconds(graph.replay)


def _copy_bandwidth() -> float:
    """Bytes read and written a second by a large copy on the device."""
    source = torch.empty(2**30, dtype=torch.uint8).random_()
    target = torch.empty_like(source)
    return 2 * source.numel() / (_milliseconds(lambda: target.copy_(source)) * 1e-3)


def _problem(size: tuple[int, int, int], deviation: float) -> ChainProblem:
    with torch.device("cpu"):
        problem = chain_problem(*size, deviation)
    return replace(problem, **{part.name: getattr(problem, part.name).cuda() for part in fields(problem)})


def _sides() -> dict[str, Any]:
    found, _ = peers.find("Chain")
    return {LOOP: usual_loop.Chain, **found}


def _speed_table() -> Table:
    """Every operation at every size, everyone."""
    others = _sides()
    cells = [tuple(_speeds(*row, others)) for row in _cases()]
    caption = (
        "Milliseconds a call; × is how many times as long the fastest library takes. "
        f"Goal: {GOAL:g} for loss + gradient and Viterbi at 128, 128, 20. "
        "std is the standard deviation of the emissions; transitions have a quarter of it."
    )
    columns = ("operation", "batch, words, labels", "std", OURS, PLAIN, *others, "×")
    return Table("Beside other libraries", caption, columns, tuple(cells))


def _cases() -> Iterator[tuple[str, tuple[int, int, int], float]]:
    for operation in OPERATIONS:
        for size in SIZES:
            for deviation in DEVIATIONS if size == SIZES[0] else DEVIATIONS[:1]:
                yield operation, size, deviation


def _speeds(operation: str, size: tuple[int, int, int], deviation: float, others: dict[str, Any]) -> Iterator[str]:
    problem, method = _problem(size, deviation), OPERATIONS[operation]
    yield from (operation, ", ".join(map(str, size)), f"{deviation:g}")
    mine = _milliseconds(getattr(ours.Chain(problem), method))
    with use_kernel("reference"):
        yield from (f"{mine:.3f}", f"{_milliseconds(getattr(ours.Chain(problem), method)):.2f}")
    fastest = float("inf")
    for side in others.values():
        try:
            taken = _milliseconds(getattr(side(problem), method))
        except FAILURES as failure:
            yield type(failure).__name__
            continue
        fastest = min(fastest, taken)
        yield f"{taken:.2f}"
    yield f"{fastest / mine:.0f}"


def _lattice(size: tuple[int, int, int]) -> Lattice:
    problem = _problem(size, 1.0)
    return Lattice(problem.emissions, problem.transitions, problem.start, problem.end, problem.lengths)


def _launches(lattice: Lattice) -> dict[str, tuple[Callable[[], object], int, int]]:
    """Each kernel alone: its launch, the bytes that must move a number of the emissions, and those that it moves.

    The least for the forward and the backward sweep is what both need together, each half: emissions in, gradient out.
    The messages and factors that are kept between them are 8 bytes each, written and read.
    """
    from syntagma.structures.kernels.cuda import chain

    sweep, weights = chain.sweep(lattice), torch.ones_like(lattice.lengths, dtype=torch.float32)
    path = chain.viterbi(lattice)[0].clamp_(min=0)
    return {
        "forward": (sweep.launch_forward, 4, 4 + 16),
        "backward and gradient": (lambda: sweep.gradient(weights, path), 4, 16 + 4),
        "Viterbi": (lambda: chain.launch_viterbi(lattice), 4, 4 + 1),
    }


def _kernel_table(bandwidth: float) -> Table:
    """What the device itself does in each launch, against what it could at the rate of a copy."""
    cells = []
    for size in SIZES:
        lattice = _lattice(size)
        numbers = int(lattice.lengths.sum()) * size[2]
        for name, (launch, least, moved) in _launches(lattice).items():
            taken = _alone(launch) * 1e-3
            shares = (f"{share * numbers / taken / bandwidth:.1%}" for share in (least, moved))
            cells.append((name, ", ".join(map(str, size)), f"{taken * 1e6:.1f}", *shares))
    caption = (
        "Microseconds on the device alone. The share of the copy's bandwidth, for the bytes that anyone has to move "
        "(scores in, results out), and for those that this implementation moves (float64 messages between launches)."
    )
    return Table("Kernels alone", caption, ("kernel", "batch, words, labels", "µs", "must move", "moves"), tuple(cells))


def _warps_table() -> Table:
    """Other numbers of warps than `launching.warps` gives: what to change on a device of another kind."""
    from syntagma.structures.kernels.cuda import launching

    chosen, cells = launching.warps, []
    for size in (SIZES[0], SIZES[3], SIZES[4]):
        lattice = _lattice(size)
        for count in (1, 2, 4, 8):
            launching.warps = lambda block, *, shared, count=count: count
            taken = (f"{_alone(launch) * 1e3:.1f}" for launch, _, _ in _launches(lattice).values())
            cells.append((", ".join(map(str, size)), str(count), *taken))
    launching.warps = chosen
    return Table(
        "Warps a program", "Microseconds.", ("batch, words, labels", "warps", *_launches(lattice)), tuple(cells)
    )


if __name__ == "__main__":
    main()
