"""Exact samples from a chain, one row after another: each label given the one after it, by its share of the sum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from syntagma.structures.kernels.cpu.chain_lifting import lift_table

# A draw below 1, rounded up to it by the product with the sum, would choose no label.
BELOW_ONE = 1.0 - 1e-15


@njit(cache=True, nogil=True)
def sample_rows(
    transitions: Any, lengths: Any, first: int, last: int, alpha: Any, log_z: Any, draws: Any, paths: Any
) -> None:
    """Write `paths [batch, n, words]`, -1 where padded, by `draws` of the same shape from 0 to below 1.

    p(y_i = a | y_{i+1} = b, words) is proportional to alpha_i[a] X_{i+1}[a, b].
    """
    labels, words, width, shared = transitions.shape[-1], alpha.shape[1], alpha.shape[2], transitions.ndim == 2
    table, sums = np.empty((labels, width)), np.empty(labels)
    if shared:
        lift_table(transitions, 0, labels, table)
    for row in range(first, last):
        length = lengths[row] if log_z[row] == log_z[row] else 0
        for i in range(words - 1, -1, -1):
            if not shared and i < length - 1:
                lift_table(transitions, (row * (words - 1) + i) * labels * labels, labels, table)
            for path in range(draws.shape[1]):
                if i >= length:
                    paths[row, path, i] = -1
                    continue
                total = 0.0
                for a in range(labels):
                    total += alpha[row, i, a] * (1.0 if i == length - 1 else table[a, paths[row, path, i + 1]])
                    sums[a] = total
                chosen = 0
                while not sums[chosen] > total * draws[row, path, i] * BELOW_ONE:
                    chosen += 1
                paths[row, path, i] = chosen
