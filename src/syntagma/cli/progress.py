"""How far annotation has come, shown on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from syntagma.cli.inputs import Input

if TYPE_CHECKING:
    from syntagma.text.document import Document


@contextmanager
def annotation_progress(inputs: Sequence[Input], *, on_terminal: bool) -> Iterator[Callable[[Document], None]]:
    """Give a function to call with every finished document.

    A bar is shown only where standard error is a terminal, and not while results go `on_terminal` themselves. Its
    length is that of the inputs in bytes, if all are known; for formats other than plain text it is an estimate.
    """
    if on_terminal or not sys.stderr.isatty():
        yield lambda document: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("annotating"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[words]:,} words"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=_total(inputs), words=0)
        words = 0

        def advance(document: Document) -> None:
            nonlocal words
            words += sum(len(sentence.tokens) for sentence in document.sentences)
            bars.update(task, advance=len(document.text.encode("utf-8", "replace")), words=words)

        yield advance


def _total(inputs: Sequence[Input]) -> int | None:
    sizes = [size for each in inputs if (size := each.size) is not None]
    return sum(sizes) if len(sizes) == len(inputs) else None
