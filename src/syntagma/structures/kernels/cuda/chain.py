"""Chains on the GPU: compiled by Triton, a launch a sweep, in probability space with float64 inside.

Rows that underflow are the reference's, and so are the k best and samples, on the same device.
"""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.structures.kernels.cuda.chain_sweep import CudaSweep
from syntagma.structures.kernels.cuda.launching import Launch
from syntagma.structures.kernels.cuda.path_scores import score_paths
from syntagma.structures.kernels.cuda.viterbi import viterbi as _viterbi
from syntagma.structures.kernels.lattice import Lattice, reject_labels, reject_unusable
from syntagma.structures.kernels.reference.chain import k_best, sample

__all__ = ["CudaSweep", "k_best", "sample", "score", "sweep", "viterbi"]


def sweep(lattice: Lattice) -> CudaSweep:
    """Forward-backward over a lattice."""
    return CudaSweep(lattice)


def score(lattice: Lattice, labels: Tensor) -> Tensor:
    """Scores `[batch, n]` of `labels [batch, n, words]`, int64."""
    launch, paths = Launch(lattice), labels.shape[1]
    scores, unknown = launch.empty(paths), launch.empty(paths, dtype=torch.bool)
    launch.over_paths(score_paths, paths, labels.contiguous(), scores, unknown)
    if bool(unknown.any()):
        reject_labels(lattice, labels)
    return scores


def viterbi(lattice: Lattice) -> tuple[Tensor, Tensor]:
    """The best path of every row, `[batch, words]`, and its score `[batch]`."""
    path, best = launch_viterbi(lattice)
    reject_unusable(lattice, best)
    return path, best


def launch_viterbi(lattice: Lattice) -> tuple[Tensor, Tensor]:
    """The same before anyone looked whether each row has a path: without waiting for it."""
    launch = Launch(lattice)
    path, best = launch.empty(launch.words, dtype=torch.int64), launch.empty()
    origins = launch.empty(launch.words, launch.labels, dtype=torch.uint8)
    launch.over_rows(_viterbi, *launch.scores, origins, path, best, **launch.rows)
    return path, best
