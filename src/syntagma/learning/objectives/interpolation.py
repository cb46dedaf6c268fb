"""How much of the loss is the teacher's and how much the gold annotation's, as training goes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interpolation:
    """`lambda = max(0, start - tau * progress)`; the loss is `lambda * teacher's + (1 - lambda) * gold's`.

    Progress is the share of a hundred epochs in the papers (arXiv 2004.03846, 2010.05010: `1 - tau * epoch / 100`), of
    the epochs of the run here: with `tau` 1 the teacher's share falls from all to nothing by the end. With `tau` 0 it
    stays where it starts. It moves with every batch.
    """

    tau: float = 1.0
    start: float = 1.0

    def at(self, progress: float) -> float:
        """Lambda after this share of the training, 0 to 1."""
        return max(0.0, self.start - self.tau * progress)
