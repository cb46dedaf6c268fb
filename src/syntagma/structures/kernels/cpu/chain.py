"""Chains on the processor: compiled kernels, one row after another, in probability space with float64 inside.

Scores are read as they are, float32 or float64, without a copy. Rows that underflow are the reference's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from syntagma.structures.kernels.cpu.chain_paths import k_best_rows, score_paths, viterbi_rows
from syntagma.structures.kernels.cpu.chain_scores import chain_scores
from syntagma.structures.kernels.cpu.chain_sweep import CompiledSweep
from syntagma.structures.kernels.cpu.threads import over_rows
from syntagma.structures.kernels.dispatch import Sweep
from syntagma.structures.kernels.lattice import Lattice, reject_labels, reject_unusable


def sweep(lattice: Lattice) -> CompiledSweep:
    """Forward-backward over a lattice."""
    return CompiledSweep(lattice)


def score(lattice: Lattice, labels: Tensor) -> Tensor:
    """Scores `[batch, n]` of `labels [batch, n, words]`, int64."""
    scores = np.empty(labels.shape[:2])
    if not score_paths(*chain_scores(lattice).arrays, np.ascontiguousarray(labels.numpy()), scores):
        reject_labels(lattice, labels)
    return torch.from_numpy(scores)


def viterbi(lattice: Lattice) -> tuple[Tensor, Tensor]:
    """The best path of every row, `[batch, words]`, and its score `[batch]`."""
    batch, words, _ = lattice.emissions.shape
    arrays, paths, scores = chain_scores(lattice).arrays, np.empty((batch, words), np.int64), np.empty(batch)
    over_rows(lambda first, last: viterbi_rows(*arrays, first, last, paths, scores), batch, lattice.work)
    return _usable(lattice, paths, scores, scores)


def k_best(lattice: Lattice, k: int) -> tuple[Tensor, Tensor]:
    """The k best paths `[batch, k, words]` and their scores `[batch, k]`."""
    batch, words, _ = lattice.emissions.shape
    arrays, paths, scores = chain_scores(lattice).arrays, np.empty((batch, k, words), np.int64), np.empty((batch, k))
    work = lattice.work + 4 * k * lattice.emissions.numel()
    over_rows(lambda first, last: k_best_rows(*arrays, first, last, paths, scores), batch, work)
    return _usable(lattice, paths, scores, scores[:, 0])


def _usable(lattice: Lattice, paths: Any, scores: Any, best: Any) -> tuple[Tensor, Tensor]:
    if not np.isfinite(best).all():
        reject_unusable(lattice, torch.from_numpy(best))
    return torch.from_numpy(paths), torch.from_numpy(scores)


def sample(lattice: Lattice, sweep: Sweep, n: int, generator: torch.Generator | None) -> Tensor:
    """`n` paths of every row, `[batch, n, words]`."""
    assert isinstance(sweep, CompiledSweep)
    return sweep.sample(n, generator)
