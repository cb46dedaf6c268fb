"""What a search shows while it goes: bars for the episode and the beliefs on a terminal, and a line an episode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bars, TextColumn, TimeElapsedColumn
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from syntagma.learning.filling_lines import print_filling, print_waiting
from syntagma.learning.progress import Progress, SilentProgress, TerminalProgress
from syntagma.learning.search.controller import Combination
from syntagma.learning.search.episode import Episode

BAR = 30


class SearchProgress(Progress, Protocol):
    """Hears of every step, epoch and episode, and of the filling of the cache before them."""

    def caching(self, name: str, done: int, total: int) -> None:
        """So many words of all have the vectors of this candidate."""
        ...

    def waiting(self, name: str, holder: str) -> None:
        """This candidate's vectors must wait until the holder of the cache has filled it."""
        ...

    def begin(self, number: int, combination: Combination, beliefs: Sequence[float], best: Episode | None) -> None:
        """An episode begins; the beliefs are those that it was proposed with."""
        ...

    def end(self, episode: Episode, *, is_best: bool) -> None:
        """An episode is done."""
        ...

    def retraining(self, names: Sequence[str]) -> Progress:
        """The search is over, and these candidates are trained anew: what hears of that."""
        ...


class SilentSearchProgress(SilentProgress):
    """Shows nothing."""

    def caching(self, name: str, done: int, total: int) -> None:
        """Show nothing."""

    def waiting(self, name: str, holder: str) -> None:
        """Show nothing."""

    def begin(self, number: int, combination: Combination, beliefs: Sequence[float], best: Episode | None) -> None:
        """Show nothing."""

    def end(self, episode: Episode, *, is_best: bool) -> None:
        """Show nothing."""

    def retraining(self, names: Sequence[str]) -> Progress:
        """Show nothing."""
        return SilentProgress()


class TerminalSearchProgress(SilentSearchProgress):
    """Bars while it goes, where there is a terminal, and a line for each episode that is done."""

    def __init__(self, console: Console, names: Sequence[str], episodes: int) -> None:
        self.console = console
        self.names = names
        columns = (TextColumn("{task.description}"), BarColumn(BAR), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Bars(*columns, console=console)
        self._episodes = self._bars.add_task("episodes", total=episodes)
        self._steps = self._bars.add_task("epoch", total=None)
        self._live = Live(console=console, transient=True, refresh_per_second=4)

    def __enter__(self) -> TerminalSearchProgress:
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

    def begin(self, number: int, combination: Combination, beliefs: Sequence[float], best: Episode | None) -> None:
        """Show the episode's combination and the beliefs."""
        self._bars.update(self._episodes, completed=number - 1)
        title = f"episode {number}: {self._listed(combination)}"
        reached = f"best so far {best.score:.2f}: {self._listed(best.combination)}" if best else "no episode done yet"
        bars = belief_bars(self.names, combination, beliefs)
        self._live.update(Group(Text(title, style="bold"), Text(reached), self._bars, bars), refresh=True)

    def step(self, epoch: int, done: int, steps: int, loss: float) -> None:
        """Move the bar."""
        self._bars.update(self._steps, description=f"epoch {epoch}, loss {loss:.4f}", completed=done, total=steps)

    def end(self, episode: Episode, *, is_best: bool) -> None:
        """Print the episode's line; the best so far is marked."""
        self._bars.update(self._episodes, completed=episode.number)
        line = f"episode {episode.number:3d}  dev {episode.score:5.2f}  {episode.seconds:3.0f} s"
        mark = (" best" if is_best else "     ", "bold green")
        self.console.print(Text.assemble(line, mark, "  ", self._listed(episode.combination)), soft_wrap=True)

    def retraining(self, names: Sequence[str]) -> Progress:
        """A line that says of what, then the lines of a training."""
        self.console.print(Text(f"training anew: {' + '.join(names)}"), soft_wrap=True)
        return TerminalProgress(self.console)

    def _listed(self, combination: Combination) -> str:
        return " + ".join(name for name, kept in zip(self.names, combination, strict=True) if kept)


def belief_bars(names: Sequence[str], combination: Combination, beliefs: Sequence[float]) -> Table:
    """A row a candidate: whether it takes part, and its belief as a bar where there are beliefs."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for at, (name, kept) in enumerate(zip(names, combination, strict=True)):
        mark = Text("●" if kept else "○", style="green" if kept else "dim")
        if beliefs:
            table.add_row(mark, Text(name), ProgressBar(1.0, beliefs[at], BAR), f"{beliefs[at]:.2f}")
        else:
            table.add_row(mark, Text(name))
    return table
