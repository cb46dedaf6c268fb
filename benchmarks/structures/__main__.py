"""Every structure of Syntagma beside every library that does the same and runs here.

    make bench-structures                                            everything; about half an hour
    python benchmarks/structures --only viterbi --one-thread         a part of it
    python benchmarks/structures --kernel reference                  the core-only path alone
    python benchmarks/structures --quick                             seconds; shows only that everything runs

The same random scores go to everyone, in one process, in turn; a library's operation is called as its users call it.
Peers are the fastest library that runs. Errors are against a float64 computation in log space, or in decimals.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import machine
import tables
import torch
from first_call import METHODS, first_calls
from goals import OPERATIONS, Operation, quick
from long_gradient import long_rows
from mean_field import LENGTHS, length_rows
from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rows import CORE, FAST, Row, measure, rows
from tables import Table

_NAMES = {"cpu": FAST, "reference": CORE}
_CONSOLE = Console(width=None if sys.stdout.isatty() else 200)


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int
    seconds: float
    clocks: dict[int, str]
    quick: bool
    deviations: list[float] | None

    def rows(self, operation: Operation) -> Iterator[Row]:
        """Those of the operation that are asked for."""
        chosen = self.deviations or operation.deviations
        return (row for row in rows(operation) if row.deviation in chosen)

    @property
    def timing(self) -> dict[str, Any]:
        """What the timing functions take."""
        return {"rounds": self.rounds, "seconds": self.seconds}


def main() -> None:
    """Measure, print, write."""
    arguments = _arguments()
    warnings.filterwarnings("ignore", module="torch_struct")
    sides = tuple(_NAMES[kernel] for kernel in arguments.kernel)
    if FAST in sides:
        _load_numba()
    clocks = {1: "cpu_ms"} if arguments.one_thread else {1: "cpu_ms", 2: "wall_ms"}
    effort = Effort(arguments.rounds, arguments.seconds, clocks, arguments.quick, arguments.deviations)
    if effort.quick:
        effort = replace(effort, rounds=3, seconds=0.01)
    torch.set_num_threads(1)
    about, data = machine.description(), {}
    found: list[Table] = []
    measured: list[Row] = []
    for section in _sections(sides, effort):
        if re.search(arguments.only, section.name):
            figures = list(_reported(section))
            data[section.name] = [asdict(figure) for figure in figures]
            measured += [figure for figure in figures if isinstance(figure, Row)]
            for table in section.tables(figures):
                found.append(table)
                _show(table)
            _write(arguments, about, data, [*tables.summary_tables(measured), *found])
    for table in tables.summary_tables(measured):
        _show(table)


def _write(arguments: argparse.Namespace, about: dict[str, str], data: dict[str, Any], found: list[Table]) -> None:
    """What has been measured so far, so that a run that is stopped has not been in vain."""
    for path in (arguments.json, arguments.results):
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
    if arguments.json:
        text = json.dumps(_plain({"about": about, "figures": data}), indent=1)
        arguments.json.write_text(text, encoding="utf-8")
    if arguments.results:
        arguments.results.write_text(_page(about, found), encoding="utf-8")


def _load_numba() -> None:
    """From then on the dispatcher takes the compiled kernels for small work too."""
    if find_spec("numba") is None:
        sys.exit("numba is not installed: pip install 'syntagma[fast]', or ask for --kernel reference.")
    import_module("numba")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", choices=_NAMES, nargs="+", default=list(_NAMES), help="which of ours to measure")
    parser.add_argument("--only", default="", metavar="REGEX", help="sections whose name this finds")
    parser.add_argument("--deviations", type=float, nargs="+", help="only scores of these standard deviations")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=1.0, help="about how long one side of one row is measured")
    parser.add_argument("--one-thread", action="store_true", help="leave out the wall time on two threads")
    parser.add_argument("--quick", action="store_true", help="tiny problems, few rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the tables to FILE, as Markdown")
    return parser.parse_args()


@dataclass(frozen=True)
class Section:
    """A part of the benchmark."""

    name: str
    figures: Iterable[Any]
    """Measured when they are iterated over."""
    tables: Callable[[list[Any]], list[Table]]


def _reported(section: Section) -> Iterator[Any]:
    """The figures, and on the way how far it is."""
    begin = time.perf_counter()
    for count, figure in enumerate(section.figures, start=1):
        print(f"{section.name}: {count} after {time.perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)
        yield figure


def _sections(sides: tuple[str, ...], effort: Effort) -> Iterator[Section]:
    for operation in quick(OPERATIONS) if effort.quick else OPERATIONS:
        measured = (_measured(row, sides, effort) for row in effort.rows(operation))
        yield Section(operation.name, measured, tables.operation_tables)
    yield Section("long gradient", long_rows(sides, 64 if effort.quick else 4096), tables.long_tables)
    if FAST in sides:
        calls = first_calls(list(METHODS)[:1], 1) if effort.quick else first_calls(list(METHODS), 3)
        yield Section("first call", calls, tables.first_call_tables)
    lengths = LENGTHS[:1] if effort.quick else LENGTHS
    yield Section("mean-field", length_rows(**effort.timing, lengths=lengths), tables.length_tables)


def _measured(row: Row, sides: tuple[str, ...], effort: Effort) -> Row:
    measure(row, sides, **effort.timing, clocks=effort.clocks)
    return row


def _show(table: Table) -> None:
    grid = Grid(title=table.title, caption=table.caption, title_justify="left", caption_justify="left", box=box.SIMPLE)
    for i, column in enumerate(table.columns):
        grid.add_column(column, justify="right" if i else "left", overflow="fold")
    for row in table.cells:
        grid.add_row(*row)
    _CONSOLE.print(grid)


def _plain(value: Any) -> Any:
    """JSON knows no NaN and no infinity: null."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _page(about: dict[str, str], found: list[Table]) -> str:
    lines = [f"- {name}: {value}" if name != "command" else f"- command: `{value}`" for name, value in about.items()]
    return "\n".join(["# Structures, measured", "", *lines, "", *(table.markdown() for table in found)])


if __name__ == "__main__":
    main()
