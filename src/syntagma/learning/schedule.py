"""How the learning rate moves: warm-up, then constant, linear or cosine decay, or halving when the dev score stalls."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

Decay = Literal["constant", "linear", "cosine", "plateau"]


@dataclass(slots=True)
class Schedule:
    """Gives the factor by which every group's learning rate is multiplied at a step.

    `warmup` is a share of all steps. With decay "plateau" the factor is multiplied by `factor` after `patience` epochs
    without a better dev score (the schedule of ace.md and crf-potentials.md: halve, five or ten epochs).
    """

    decay: Decay
    steps: int
    warmup: float = 0.0
    factor: float = 0.5
    patience: int = 5
    reduction: float = 1.0
    best: float = field(default=-math.inf)
    stalled: int = 0

    def at(self, step: int) -> float:
        """The factor for the step with this number, counted from 0."""
        warm = int(self.warmup * self.steps)
        if step < warm:
            return (step + 1) / warm
        done = min(1.0, (step - warm) / max(1, self.steps - warm))
        match self.decay:
            case "linear":
                return 1.0 - done
            case "cosine":
                return 0.5 * (1.0 + math.cos(math.pi * done))
            case "plateau":
                return self.reduction
            case "constant":
                return 1.0

    def observe(self, score: float) -> None:
        """Take note of an epoch's dev score; matters to "plateau" only."""
        if score > self.best:
            self.best, self.stalled = score, 0
            return
        self.stalled += 1
        if self.stalled > self.patience:
            self.reduction, self.stalled = self.reduction * self.factor, 0

    def state(self) -> dict[str, float]:
        """What must be kept to go on later."""
        return {
            "reduction": self.reduction,
            "best": self.best if self.best > -math.inf else -1.0,
            "stalled": self.stalled,
        }

    def restore(self, state: dict[str, float]) -> None:
        """Go on from a kept state."""
        self.reduction, self.best, self.stalled = state["reduction"], state["best"], int(state["stalled"])
