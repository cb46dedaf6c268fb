"""What a terminal or a log shows while the vectors of frozen encoders are computed."""

from __future__ import annotations

from rich.console import Console


def print_filling(console: Console, name: str, done: int, total: int) -> None:
    """A line when an encoder's vectors are complete; on a terminal, one that counts until then."""
    if done == total:
        console.print(f"vectors of {name}: {total:,} words computed", highlight=False, markup=False)
    elif console.is_terminal:
        counted = f"vectors of {name}: {done:,} of {total:,} words"
        console.print(counted, highlight=False, markup=False, end="\r")


def print_waiting(console: Console, name: str, holder: str) -> None:
    """A line that says who must be waited for."""
    line = f"vectors of {name}: waiting for {holder}, which is filling the same cache"
    console.print(line, highlight=False, markup=False)
