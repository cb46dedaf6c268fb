"""How a lattice is handed to GPU kernels: contiguous, a program a sentence, its labels in a block of lanes."""

from __future__ import annotations

from typing import Any

import torch
import triton
from torch import Tensor

from syntagma.structures.kernels.lattice import Lattice


class Launch:
    """The scores of a lattice as the kernels read them, and what else every launch over it is given."""

    def __init__(self, lattice: Lattice) -> None:
        self.batch, self.words, self.labels = lattice.emissions.shape
        self.shared = lattice.shared
        self.emissions, self.transitions = lattice.emissions.contiguous(), lattice.transitions.contiguous()
        self.start, self.start_row = _by_row(lattice.start)
        self.end, self.end_row = _by_row(lattice.end)
        self.lengths = lattice.lengths.contiguous()

    @property
    def scores(self) -> tuple[Any, ...]:
        """What a kernel that reads all scores takes first."""
        return self.emissions, self.transitions, self.start, self.end, self.lengths

    @property
    def rows(self) -> dict[str, int]:
        """Where each row's scores of the ends begin."""
        return {"start_row": self.start_row, "end_row": self.end_row}

    def over_rows(self, kernel: Any, *tensors: Any, **options: Any) -> None:
        """Launch one program a row, with the labels' lanes and the warps that suit them."""
        block = max(16, triton.next_power_of_2(self.labels))
        sizes = {"words": self.words, "labels": self.labels, "SHARED": self.shared, "BLOCK": block}
        with torch.cuda.device_of(self.emissions):
            kernel[(self.batch,)](*tensors, **sizes, **options, num_warps=warps(block, shared=self.shared))

    def over_paths(self, kernel: Any, paths: int, *tensors: Any) -> None:
        """Launch one program a path, `paths` of every row."""
        sizes = {"words": self.words, "labels": self.labels, "paths": paths, "SHARED": self.shared}
        with torch.cuda.device_of(self.emissions):
            kernel[(self.batch * paths,)](*self.scores, *tensors, **sizes, **self.rows)

    def empty(self, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
        """`[batch, *shape]`, to be written to."""
        return torch.empty(self.batch, *shape, dtype=dtype, device=self.emissions.device)


def warps(block: int, *, shared: bool) -> int:
    """Warps a program, by the compiler's reports for sm_90: a shared table of up to 64 labels stays in registers.

    One of 32 labels fits those of one warp, and one warp waits for no other. Tables for every position are lifted at
    every step, which four warps share out. The table of 128 labels and its gradient are all that an SM has.
    """
    needed = {16: 1, 32: 1, 64: 8, 128: 16}[block]
    return needed if shared else max(4, needed)


def _by_row(scores: Tensor | None) -> tuple[Tensor | None, int]:
    """Scores of an end, and how far one row's are from the next's: 0 where all rows share them."""
    if scores is None:
        return None, 0
    return scores.contiguous(), scores.shape[1] if scores.dim() == 2 else 0
