"""A sign of life on standard error while something takes its time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Say what is being waited for inside the block, and wipe it away at its end; only where a person may look."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.markup import escape

    from syntagma.cli.exits import one_line

    with Console(stderr=True).status(escape(one_line(what)), spinner_style="dim"):
        yield
