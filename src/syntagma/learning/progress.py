"""What a training run shows while it goes: a live bar on a terminal, a line an epoch anywhere."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bars, TextColumn, TimeRemainingColumn
from rich.text import Text

from syntagma.learning.history import Epoch


class Progress(Protocol):
    """Hears of every step and every epoch."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def step(self, epoch: int, done: int, steps: int, loss: float) -> None:
        """A step is done; `loss` is the epoch's mean so far."""
        ...

    def epoch(self, epoch: Epoch, *, is_best: bool) -> None:
        """An epoch is done."""
        ...


class SilentProgress:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def step(self, epoch: int, done: int, steps: int, loss: float) -> None:
        """Show nothing."""

    def epoch(self, epoch: Epoch, *, is_best: bool) -> None:
        """Show nothing."""


class Forwarded(SilentProgress):
    """Tells another progress of steps and epochs, without opening and closing it: one of several trainings."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def step(self, epoch: int, done: int, steps: int, loss: float) -> None:
        """Forward it."""
        self.progress.step(epoch, done, steps, loss)

    def epoch(self, epoch: Epoch, *, is_best: bool) -> None:
        """Forward it."""
        self.progress.epoch(epoch, is_best=is_best)


class TerminalProgress(SilentProgress):
    """A bar for the epoch under way (on a terminal) and a line for each that is done."""

    unit = "words"
    """What the trainer counts."""

    def __init__(self, console: Console) -> None:
        self.console = console
        columns = (
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.4f}"),
            TimeRemainingColumn(),
        )
        self._bars = Bars(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bars.add_task("training", epoch=0, loss=0.0)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def step(self, epoch: int, done: int, steps: int, loss: float) -> None:
        """Move the bar."""
        self._bars.update(self._task, epoch=epoch, completed=done, total=steps, loss=loss)

    def epoch(self, epoch: Epoch, *, is_best: bool) -> None:
        """Print the epoch's line; the best so far is marked."""
        speed = f"{epoch.seconds:.0f} s, {epoch.words / max(epoch.seconds, 1e-9):,.0f} {self.unit}/s"
        mark = (" best" if is_best else "", "bold green")
        line = f"epoch {epoch.number:3d}  loss {epoch.loss:.4f}  dev {self.scores(epoch)}  {speed}"
        self.console.print(Text.assemble(line, mark), soft_wrap=True)

    def scores(self, epoch: Epoch) -> str:
        """The dev scores in an epoch's line."""
        return "  ".join(f"{name} {100 * value:.2f}" for name, value in epoch.dev.items())


class PerplexityProgress(TerminalProgress):
    """The same for language models of characters, whose dev score is 1 / perplexity."""

    unit = "characters"

    def scores(self, epoch: Epoch) -> str:
        """Perplexities."""
        return "perplexity " + "  ".join(f"{name} {1 / value:.3f}" for name, value in epoch.dev.items())
