"""What a distillation shows while it goes: how far the targets are, and the trainings after them."""

from __future__ import annotations

from typing import Protocol

from rich.console import Console

from syntagma.learning.progress import Progress, SilentProgress, TerminalProgress

SHARES = 10
"""How many lines tell of the targets where there is no terminal."""


class DistillationProgress(Protocol):
    """Hears how far it is."""

    def targets(self, done: int, total: int) -> None:
        """So many words of all have targets."""
        ...

    def waiting(self, holder: str) -> None:
        """Another process is filling the cache."""
        ...

    def training(self, what: str) -> Progress:
        """A training begins: what hears of it."""
        ...


class SilentDistillationProgress:
    """Shows nothing."""

    def targets(self, done: int, total: int) -> None:
        """Show nothing."""

    def waiting(self, holder: str) -> None:
        """Show nothing."""

    def training(self, what: str) -> Progress:
        """Nothing is shown."""
        return SilentProgress()


class TerminalDistillationProgress:
    """Lines on a terminal or in a log, and the bar of each training."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._told = -1

    def targets(self, done: int, total: int) -> None:
        """A line for every tenth of the words."""
        share = SHARES * done // max(total, 1)
        if share != self._told:
            self._told = share
            self.console.print(f"targets  {done:,} of {total:,} words", highlight=False)

    def waiting(self, holder: str) -> None:
        """Say whom it waits for."""
        self.console.print(f"targets  waiting for {holder}, which fills the cache", highlight=False, markup=False)

    def training(self, what: str) -> Progress:
        """Say what is trained."""
        self.console.print(f"training  {what}", highlight=False, markup=False)
        return TerminalProgress(self.console)
