"""What Ctrl-C is answered with: whether there is anything to go on with, and how."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

KEPT = "Stopped, and kept as far as it went: the same command with --resume goes on."
NOTHING_YET = "Stopped before there was anything to keep."


@contextmanager
def resumable(output: Path, screen: Console) -> Iterator[None]:
    """Within it Ctrl-C says on the screen whether the run whose model goes to `output` can be resumed, and goes on."""
    from syntagma.recipes.run_folder import is_begun

    try:
        yield
    except KeyboardInterrupt:
        screen.print(KEPT if is_begun(output) else NOTHING_YET, highlight=False)
        raise
