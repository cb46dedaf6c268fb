"""Exact samples of trees, compiled: `reference.tree_sampling` for one sentence at a time; that says how it works.

Rows in which e^FLOOR may count are done by the reference. The random numbers of each row are its own, from a seed that
the generator gives, so that threads do not matter.
"""

from __future__ import annotations

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from syntagma.structures.kernels.cpu.threads import over_rows
from syntagma.structures.kernels.reference import tree_sampling as reference
from syntagma.structures.kernels.reference.matrix_tree import FAINT, FLOOR

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
LEAST = np.exp(FLOOR)


@torch.no_grad()
def sample(arcs: Tensor, sizes: Tensor, single_root: bool, n: int, generator: torch.Generator | None) -> Tensor:
    """`n` independent trees of every row, `heads [batch, n, words]`; arguments as `reference.tree_sampling.sample`."""
    batch, words, _ = arcs.shape
    weights = (arcs - arcs.amax(-1, keepdim=True).clamp(min=-1e300)).exp_()  # padded words have no peak
    seeds = torch.randint(1 << 62, (batch,), generator=generator)
    heads, log_chances = torch.zeros(batch, n, words, dtype=torch.int64), torch.empty(batch, dtype=torch.float64)
    tables = weights.numpy(), sizes.numpy(), seeds.numpy(), heads.numpy(), log_chances.numpy()
    work = batch * (words**3 / 3 + 2 * n * words**2)
    over_rows(lambda first, last: _rows(*tables, single_root, first, last), batch, work)
    faint = (~(log_chances > FAINT)).nonzero().flatten()
    if faint.numel():
        heads[faint] = reference.sample(arcs[faint], sizes[faint], single_root, n, generator)
    return heads


@njit(cache=True, nogil=True)
def _rows(
    weights: Array,
    sizes: Integers,
    seeds: Integers,
    heads: Integers,
    log_chances: Array,
    single_root: bool,
    first: int,
    last: int,
) -> None:
    """Fill the heads of some rows, and their log-probabilities of a tree among independent heads."""
    for row in range(first, last):
        words = sizes[row]
        arcs = np.empty((words, words + 1))
        log_whole = _normalise(weights[row], arcs, single_root)
        table, out = arcs.copy(), np.zeros((words, words + 1))
        log_chances[row] = _factorise(table, out, single_root) + log_whole
        if log_chances[row] > FAINT:
            state = np.array([seeds[row]], np.uint64)
            for draw in range(heads.shape[1]):
                _sample(arcs, table, out, heads[row, draw], single_root, state)


@njit(cache=True, nogil=True)
def _normalise(weights: Array, arcs: Array, single_root: bool) -> float:
    """The Markov chain of a sentence, and the log-share of its rows' normalisers in their sums with the root."""
    words, log_share = arcs.shape[0], 0.0
    for word in range(words):
        mass = 0.0
        for head in range(words + 1):
            arcs[word, head] = max(weights[word, head], LEAST)
            mass += arcs[word, head]
        whole = mass
        if single_root:
            mass = np.sum(arcs[word, 1:])
        log_share += np.log(mass / whole)
        arcs[word] /= mass
    return log_share


@njit(cache=True, nogil=True)
def _factorise(table: Array, out: Array, single_root: bool) -> float:
    """Eliminate the last word, the one before, ...: its column of `table` is then u, its row of `out` q.

    Returns the logarithm of the determinant.
    """
    log_determinant = 0.0
    for k in range(table.shape[0] - 1, 0, -1):
        pivot = 0.0
        for head in range(1 if single_root else 0, k + 1):
            pivot += table[k, head]
        log_determinant += np.log(pivot)
        for head in range(k + 1):
            out[k, head] = table[k, head] / pivot
        for word in range(k):
            into = table[word, k + 1]
            for head in range(k + 1):
                table[word, head] += into * out[k, head]
    return float(log_determinant + np.log(table[0, 0]))


@njit(cache=True, nogil=True)
def _sample(
    arcs: Array, table: Array, out: Array, heads: Integers, single_root: bool, state: NDArray[np.uint64]
) -> None:
    words = arcs.shape[0]
    through = np.zeros(words, np.int64)  # the later word that an arc is a way through; 0 for none
    heads[0] = 0
    through[0] = _choose_way(arcs, table, out, 0, 0, 0, state)
    above = np.empty(words, np.int8)
    for k in range(1, words):
        heads[k] = _head_of(k, out, heads, through, above, single_root, state)
        for word in range(k):
            if through[word] == k:
                heads[word] = k + 1
                through[word] = _choose_way(arcs, table, out, word, k + 1, k, state)
        through[k] = _choose_way(arcs, table, out, k, heads[k], k, state)


@njit(cache=True, nogil=True)
def _head_of(
    k: int,
    out: Array,
    heads: Integers,
    through: Integers,
    reaches: NDArray[np.int8],
    single_root: bool,
    state: NDArray[np.uint64],
) -> int:
    """A head for word k among the root and the words before it that reach the root without k."""
    for word in range(k):
        if through[word] == k and heads[word] == 0 and single_root:
            return 0
    total = 0.0 if single_root else out[k, 0]
    reaches[:k] = -1
    for word in range(k):
        _follow(word, k, heads, through, reaches)
        if reaches[word]:
            total += out[k, word + 1]
    rest = _uniform(state) * total
    last = 0
    if not single_root:
        rest -= out[k, 0]
        if rest < 0.0:
            return 0
    for word in range(k):
        if reaches[word]:
            last = word + 1
            rest -= out[k, last]
            if rest < 0.0:
                break
    return last


@njit(cache=True, nogil=True)
def _follow(start: int, k: int, heads: Integers, through: Integers, reaches: NDArray[np.int8]) -> None:
    """Find out whether a word reaches the root without k, and with it all on its way: 1 or 0; -1 is not known."""
    word, known = start, -1
    while known < 0:
        if reaches[word] >= 0:
            known = reaches[word]
        elif through[word] == k:
            known = 0
        elif heads[word] == 0:
            known = 1
        else:
            word = heads[word] - 1
    word = start
    while reaches[word] < 0:
        reaches[word] = known
        if through[word] == k or heads[word] == 0:
            break
        word = heads[word] - 1


@njit(cache=True, nogil=True)
def _choose_way(arcs: Array, table: Array, out: Array, word: int, head: int, k: int, state: NDArray[np.uint64]) -> int:
    """The word after k that the arc is a way through, or 0: each by its share of the arc's weight."""
    total = arcs[word, head]
    for way in range(k + 1, arcs.shape[0]):
        total += table[word, way + 1] * out[way, head]
    rest = _uniform(state) * total - arcs[word, head]
    way, last = k + 1, 0
    while rest >= 0.0 and way < arcs.shape[0]:
        share = table[word, way + 1] * out[way, head]
        rest -= share
        if share > 0.0:
            last = way
        way += 1
    return last


@njit(cache=True, nogil=True)
def _uniform(state: NDArray[np.uint64]) -> float:
    """The next number of [0, 1) (splitmix64)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    bits = state[0]
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits = bits ^ (bits >> np.uint64(31))
    return float(bits >> np.uint64(11)) / 9007199254740992.0
