"""The best tree and the k best, compiled: `reference.arborescence` for one sentence at a time, in words ** 2 steps.

Groups of words are nodes: the words first, then each circle's, which stands for them. The groups of a way up are put
on a stack until it ends at the root, or at what did so before; where it meets itself, the circle becomes one group. A
group keeps, for each head, the best arc from there to any of its words, so a circle's are the best of its members'.
"""

from __future__ import annotations

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from syntagma.structures.kernels.cpu.threads import over_rows

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@torch.no_grad()
def best(arcs: Tensor, single_root: bool) -> Tensor:
    """Heads of the best tree, `[batch, words]`; arguments and ties as `reference.arborescence.best`."""
    batch, words, _ = arcs.shape
    heads = torch.zeros(batch, words, dtype=torch.int64)
    tables = arcs.numpy(), heads.numpy()
    over_rows(lambda first, last: _best_rows(*tables, single_root, first, last), batch, 4 * arcs.numel())
    return heads


@torch.no_grad()
def k_best(arcs: Tensor, single_root: bool, k: int) -> Tensor:
    """Heads of the k best trees, `[batch, k, words]`, -1 where there are not so many; as `reference.arborescence`."""
    batch, words, _ = arcs.shape
    heads = torch.full((batch, k, words), -1)
    tables = arcs.numpy(), heads.numpy()
    over_rows(lambda first, last: _k_best_rows(*tables, single_root, first, last), batch, k * words * arcs.numel())
    return heads


@njit(cache=True, nogil=True)
def _best_rows(arcs: Array, heads: Integers, single_root: bool, first: int, last: int) -> None:
    for row in range(first, last):
        words = _count_words(arcs[row])
        if words:
            _best(arcs[row, :words, : words + 1].copy(), single_root, heads[row])


@njit(cache=True, nogil=True)
def _count_words(arcs: Array) -> int:
    """Words up to the last that has an arc; the others are padding."""
    words: int = arcs.shape[0]
    while words > 0 and np.max(arcs[words - 1]) == -np.inf:
        words -= 1
    return words


@njit(cache=True, nogil=True)
def _best(arcs: Array, single_root: bool, heads: Integers) -> None:
    """Write the heads of the best tree; with a single root only if the best of all has more."""
    _arborescence(arcs, False, heads)
    if single_root and np.sum(heads[: arcs.shape[0]] == 0) > 1:
        _arborescence(arcs, True, heads)


@njit(cache=True, nogil=True)
def _arborescence(arcs: Array, single_root: bool, heads: Integers) -> None:
    words = arcs.shape[0]
    values, into = arcs.copy(), np.empty((words, words + 1), np.int64)  # by group: the best arc from each head
    into[:] = np.arange(words).reshape(-1, 1)
    groups = np.arange(words)  # of each word: the first word of its group
    node = np.arange(words)  # of each group, by its first word
    above = np.full(2 * words, -1)  # of each node: the circle's that it became a part of
    taken = np.empty((2 * words, 2), np.int64)  # by node: the arc that it took, word and head
    worth = np.empty(words)
    for word in range(words):
        worth[word] = _take(values[word], into[word], groups, word, single_root, taken[word])
    nodes = words
    state = np.zeros(words, np.int8)  # of a group: 0 not seen yet, 1 on the stack, 2 on a way to the root
    stack, circle = np.empty(words, np.int64), np.zeros(words, np.bool_)
    for start in range(words):
        height, group = 0, int(groups[start])
        while state[group] != 2:
            if state[group] == 0:
                state[group] = 1
                stack[height] = group
                height += 1
            else:
                bottom = height - 1
                while stack[bottom] != group:
                    bottom -= 1
                members = stack[bottom:height]
                group = int(np.min(members))
                _merge(values, into, worth, members, group)
                circle[:] = False
                for member in members:
                    above[node[member]] = nodes
                    circle[member] = True
                for word in range(words):
                    if circle[groups[word]]:
                        groups[word] = group
                node[group] = nodes
                worth[group] = _take(values[group], into[group], groups, group, single_root, taken[nodes])
                nodes += 1
                stack[bottom] = group
                height = bottom + 1
            head = taken[node[group], 1]
            if head == 0:
                break
            group = int(groups[head - 1])
        for place in range(height):
            state[stack[place]] = 2
    _expand(nodes, above, taken, heads)


@njit(cache=True, nogil=True)
def _take(values: Array, into: Integers, groups: Integers, group: int, single_root: bool, taken: Integers) -> float:
    """The best arc into a group: of equal ones that to the first word, then from the first head. Returns its worth."""
    best, word, head = -np.inf, group, 0
    for other in range(1, values.shape[0]):
        value = values[other]
        if groups[other - 1] == group or value == -np.inf:
            continue
        if value > best or (value == best and into[other] < word):
            best, word, head = value, into[other], other
    from_root = values[0] > best or (values[0] == best and into[0] <= word)
    if from_root and (best == -np.inf or not single_root):
        best, word, head = values[0], into[0], 0
    taken[0], taken[1] = word, head
    return best


@njit(cache=True, nogil=True)
def _merge(values: Array, into: Integers, worth: Array, members: Integers, group: int) -> None:
    """Make one group's arcs of a circle's, each member's less what it took."""
    for member in members:
        if worth[member] > -np.inf:
            values[member] -= worth[member]
    for member in members:
        if member == group:
            continue
        for head in range(values.shape[1]):
            value = values[member, head]
            if value > values[group, head] or (value == values[group, head] and into[member, head] < into[group, head]):
                values[group, head] = value
                into[group, head] = into[member, head]


@njit(cache=True, nogil=True)
def _expand(nodes: int, above: Integers, taken: Integers, heads: Integers) -> None:
    """From the last circle to the words: a node that no arc of a circle's has entered keeps the arc that it took."""
    entered = np.zeros(nodes, np.bool_)
    for node in range(nodes - 1, -1, -1):
        if entered[node]:
            continue
        word = taken[node, 0]
        heads[word] = taken[node, 1]
        part = word
        while part != -1 and not entered[part] and part <= node:
            entered[part] = True
            part = above[part]


@njit(cache=True, nogil=True)
def _k_best_rows(arcs: Array, heads: Integers, single_root: bool, first: int, last: int) -> None:
    for row in range(first, last):
        words = _count_words(arcs[row])
        if words:
            _k_best(arcs[row, :words, : words + 1].copy(), single_root, heads[row])


@njit(cache=True, nogil=True)
def _k_best(arcs: Array, single_root: bool, found: Integers) -> None:
    """Write the best trees, as many as there are lines and trees (see `reference.arborescence.k_best`).

    A candidate is the best tree whose words before `fixed` have its heads, where `fixed` does not have some. One whose
    words' best arcs would not even bring it among the k best so far is not looked for.
    """
    k, words = found.shape[0], arcs.shape[0]
    room = 1 + k * words
    trees, scores = np.zeros((room, words), np.int64), np.full(room, -np.inf)
    fixed, banned = np.zeros(room, np.int64), np.zeros((room, words + 1), np.bool_)
    known = np.full(k, -np.inf)  # the best scores so far, ascending
    highest = np.empty(words)
    for word in range(words):
        highest[word] = np.max(arcs[word])
    _best(arcs, single_root, trees[0])
    scores[0] = _score(arcs, trees[0], single_root)
    _remember(known, scores[0])
    count, limited = 1, np.empty_like(arcs)
    for rank in range(k):
        place = np.argmax(scores[:count])
        if scores[place] == -np.inf:
            return
        found[rank, :words] = trees[place]
        scores[place] = -np.inf
        limited[:] = arcs
        for word in range(words):
            head = trees[place, word]
            if word >= fixed[place] and rank < k - 1:
                if word == fixed[place]:
                    banned[count] = banned[place]
                banned[count, head] = True
                for other in range(words + 1):
                    if banned[count, other]:
                        limited[word, other] = -np.inf
                bound = np.max(limited[word]) + np.sum(highest[word + 1 :])
                for before in range(word):
                    bound += arcs[before, trees[place, before]]
                if bound >= known[0] - 1e-9 * abs(bound) and bound > -np.inf:
                    fixed[count] = word
                    _best(limited, single_root, trees[count])
                    scores[count] = _score(limited, trees[count], single_root)
                    _remember(known, scores[count])
                    count += 1
                else:
                    banned[count] = False
            limited[word] = -np.inf
            limited[word, head] = arcs[word, head]


@njit(cache=True, nogil=True)
def _remember(known: Array, score: float) -> None:
    """Keep the best scores, ascending."""
    if score > known[0]:
        place = 0
        while place + 1 < known.shape[0] and known[place + 1] < score:
            known[place] = known[place + 1]
            place += 1
        known[place] = score


@njit(cache=True, nogil=True)
def _score(arcs: Array, heads: Integers, single_root: bool) -> float:
    """The score of a tree, -inf for none."""
    words, total, roots = arcs.shape[0], 0.0, 0
    for word in range(words):
        total += arcs[word, heads[word]]
        roots += heads[word] == 0
        above, steps = heads[word], 0
        while above > 0 and steps <= words:
            above = heads[above - 1]
            steps += 1
        if above > 0:
            return -np.inf
    return -np.inf if single_root and roots > 1 else total
