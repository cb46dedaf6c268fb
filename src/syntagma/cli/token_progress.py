"""How far a language model has come, shown on standard error with its tokens a second."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def token_progress(what: str, total: int, *, shown: bool = True) -> Iterator[Callable[[int, int], None]]:
    """Give a function to call with how many steps more of `total` are done, and how many tokens more that were, 0 if
    nobody counts.

    A bar is shown only where standard error is a terminal, and while results do not go there themselves.
    """
    if not shown or not sys.stderr.isatty():
        yield lambda steps, tokens: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=total, speed="")
        written = 0

        def advance(steps: int, tokens: int) -> None:
            nonlocal written
            written += tokens
            speed = written / max(bars.tasks[0].elapsed or 0.0, 1e-3)
            bars.update(task, advance=steps, speed=f"{speed:.1f} tokens/s" if written else "")

        yield advance
