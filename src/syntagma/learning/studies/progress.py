"""What a study shows while it goes: bars for the runs and the steps on a terminal, and a line a run."""

from __future__ import annotations

from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bars, TextColumn, TimeElapsedColumn
from rich.text import Text

from syntagma.learning.filling_lines import print_filling, print_waiting
from syntagma.learning.history import Epoch
from syntagma.learning.progress import Progress, SilentProgress
from syntagma.learning.studies.record import Record, Run

BAR = 30


class StudyProgress(Progress, Protocol):
    """Hears of every step, epoch and run, and of the filling of the cache before them."""

    def caching(self, name: str, done: int, total: int) -> None:
        """So many words of all have the vectors of this encoder."""
        ...

    def waiting(self, name: str, holder: str) -> None:
        """This encoder's vectors must wait until the holder of the cache has filled it."""
        ...

    def plan(self, runs: int, done: int) -> None:
        """So many runs, of which some were done before."""
        ...

    def begin(self, run: Run) -> None:
        """A run begins."""
        ...

    def end(self, record: Record) -> None:
        """A run is done."""
        ...


class SilentStudyProgress(SilentProgress):
    """Shows nothing."""

    def caching(self, name: str, done: int, total: int) -> None:
        """Show nothing."""

    def waiting(self, name: str, holder: str) -> None:
        """Show nothing."""

    def plan(self, runs: int, done: int) -> None:
        """Show nothing."""

    def begin(self, run: Run) -> None:
        """Show nothing."""

    def end(self, record: Record) -> None:
        """Show nothing."""


class TerminalStudyProgress(SilentStudyProgress):
    """Bars while it goes, where there is a terminal, and a line for each run that is done."""

    def __init__(self, console: Console) -> None:
        self.console = console
        columns = (TextColumn("{task.description}"), BarColumn(BAR), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Bars(*columns, console=console)
        self._runs = self._bars.add_task("runs", total=None)
        self._steps = self._bars.add_task("epoch", total=None)
        self._live = Live(console=console, transient=True, refresh_per_second=4)
        self._title = ""
        self._best = 0.0
        self._total = self._done = 0

    def __enter__(self) -> TerminalStudyProgress:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()

    def caching(self, name: str, done: int, total: int) -> None:
        """A line, or one that counts."""
        print_filling(self.console, name, done, total)

    def waiting(self, name: str, holder: str) -> None:
        """A line that says who must be waited for."""
        print_waiting(self.console, name, holder)

    def plan(self, runs: int, done: int) -> None:
        """Set the bar; say what need not be done again."""
        self._total, self._done = runs, done
        self._bars.update(self._runs, total=runs, completed=done)
        if done:
            self._line(f"{done} of {runs} runs were done before")

    def begin(self, run: Run) -> None:
        """Show the run."""
        self._title, self._best = str(run), 0.0
        self._show()

    def step(self, epoch: int, done: int, steps: int, loss: float) -> None:
        """Move the bar."""
        self._bars.update(self._steps, description=f"epoch {epoch}, loss {loss:.4f}", completed=done, total=steps)

    def epoch(self, epoch: Epoch, *, is_best: bool) -> None:
        """Show the best dev score so far."""
        if is_best:
            self._best = 100 * epoch.score
            self._show()

    def end(self, record: Record) -> None:
        """Print the run's line."""
        self._done += 1
        self._bars.update(self._runs, completed=self._done)
        tests = "".join(f"  {name} {score:.2f}" for name, score in record.test.items())
        number = f"{self._done:{len(str(self._total))}d}/{self._total}"
        self._line(f"{number}  {record.run}: dev {record.dev:.2f}{tests}  {record.seconds:.0f} s")

    def _show(self) -> None:
        self._live.update(Group(Text(f"{self._title}: best dev score {self._best:.2f}", style="bold"), self._bars))

    def _line(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)
