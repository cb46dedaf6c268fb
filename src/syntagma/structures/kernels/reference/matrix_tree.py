"""Sums over all trees of a sentence, projective or not: the matrix-tree theorem by elimination without subtraction.

Take each word's heads, weighted and normalised, for the steps of a Markov chain among the words, with the root as its
exit. Then (Kirchhoff, Tutte; Koo et al., 2007, D07-1015)

    Z = product of the normalisers * det(I - P),

and, since a tree without the arc of word d is two trees, at the root and at d, an arc's probability is

    p(d has head h) = P[d, h] e(h) / sum over h' of P[d, h'] e(h'),   e(h) = p(from h the walk exits before it is at d)

with e(root) = 1. With a single root the chain has no exit: the root arcs' weights are a reward for every visit,
e(h) is the reward gathered before d, and Z likewise (the Markov chain tree theorem). All of it is elimination.

Weights are those of the row's largest, and not below e^-300 of it, so that nothing underflows. That adds nothing that
counts unless trees are so improbable among independent choices of heads that the smallest weights matter. Those rows
are done again with logarithms, in which an arc that does not exist is one worse than any tree.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from syntagma.structures.kernels.reference.elimination import LOGARITHMS, NUMBERS, leave_one_out

FLOOR = -300.0
"""Log of the smallest weight relative to the row's largest."""
FAINT = -260.0
"""Log-probability below which trees among independent heads may owe something to weights of e^FLOOR."""
_CHUNK = 1 << 22  # numbers in the largest table of the pass with logarithms


class TreeSums(NamedTuple):
    """What the matrix-tree theorem says."""

    log_partition: Tensor
    """`[batch]`; -inf for a row that has no tree."""
    marginals: Tensor
    """`[batch, words, 1 + words]`: probability of every arc."""


def tree_sums(arcs: Tensor, sizes: Tensor, single_root: bool) -> TreeSums:
    """log Z and the probability of every arc; differentiable.

    Args:
        arcs: `[batch, words, 1 + words]` float64, -inf where there is no arc; a word has one at least.
        sizes: `[batch]`, words of each row.
        single_root: whether trees have one arc from the root, or any number from 1 on.
    """
    if not len(arcs):  # the levels of the elimination can't be told apart without a table
        return TreeSums(arcs.sum((1, 2)), torch.zeros_like(arcs))
    arcs, padded = without_padding(arcs, sizes, single_root)
    sums, log_chance = _with_numbers(arcs, single_root)
    faint = (~(log_chance.detach() > FAINT)).nonzero().flatten()
    if faint.numel():
        exact = _with_logarithms(arcs[faint], single_root)
        sums = TreeSums(*(each.index_copy(0, faint, new) for each, new in zip(sums, exact, strict=True)))
    return TreeSums(sums.log_partition, sums.marginals.masked_fill(padded.unsqueeze(-1), 0.0))


def sums_by_logarithms(arcs: Tensor, sizes: Tensor, single_root: bool) -> TreeSums:
    """The same for rows of any magnitude, and of forbidden arcs; slower."""
    arcs, padded = without_padding(arcs, sizes, single_root)
    log_z, marginals = _with_logarithms(arcs, single_root)
    return TreeSums(log_z, marginals.masked_fill(padded.unsqueeze(-1), 0.0))


def without_padding(arcs: Tensor, sizes: Tensor, single_root: bool) -> tuple[Tensor, Tensor]:
    """The scores with a sure head for each padded word, which changes nothing; and `[batch, words]`, where those are.

    With many roots that head is the root, else the first word.
    """
    words = arcs.shape[1]
    padded = torch.arange(words, device=arcs.device) >= sizes.unsqueeze(1)
    sure = arcs.new_full((words + 1,), -torch.inf)
    sure[1 if single_root and words > 1 else 0] = 0.0
    return torch.where(padded.unsqueeze(-1), sure, arcs), padded


class Chain(NamedTuple):
    """The Markov chain of each sentence, as `elimination` wants it, and what its rows were normalised by."""

    table: Tensor
    """`[batch, words, words + 1]`; the root is the last column."""
    log_mass: Tensor
    """`[batch]`: log of the product of the rows' normalisers."""
    log_whole: Tensor
    """`[batch]`: the same for rows that all count the root in: log of the sum over all choices of heads."""


def chain_of_numbers(arcs: Tensor, single_root: bool) -> Chain:
    """In plain numbers, none below e^FLOOR of the row's largest; differentiable."""
    peaks = arcs.detach().amax(-1, keepdim=True)
    weights = (arcs - peaks).clamp(min=FLOOR).exp()
    words, root = weights[..., 1:], weights[..., :1]
    of_words = words.sum(-1, keepdim=True)
    whole = of_words + root
    mass = of_words if single_root else whole
    table = torch.cat([words, root], -1) / mass
    return Chain(table, *((peaks + each.log()).sum((1, 2)) for each in (mass, whole)))


def chain_of_logarithms(arcs: Tensor, single_root: bool) -> Chain:
    """In logarithms; an arc that does not exist makes a tree worse than any without."""
    scores = without_infinities(arcs)
    words, root = scores[..., 1:], scores[..., :1]
    whole = scores.logsumexp(-1, keepdim=True)
    mass = words.logsumexp(-1, keepdim=True) if single_root else whole
    return Chain(torch.cat([words, root], -1) - mass, mass.sum((1, 2)), whole.sum((1, 2)))


def without_infinities(arcs: Tensor) -> Tensor:
    """Scores `[batch, words, 1 + words]` in which an arc that does not exist makes a tree worse than any without."""
    missing, lowest = arcs == -torch.inf, lowest_scores(arcs)
    words = arcs.shape[1]
    among_all_trees = 100.0 + words * math.log(words + 1)
    penalty = (arcs.detach().amax(-1, keepdim=True) - lowest).sum(1, keepdim=True) + among_all_trees
    return torch.where(missing, lowest - penalty, arcs)


def lowest_scores(arcs: Tensor) -> Tensor:
    """The lowest score of each word's arcs, `[batch, words, 1]`."""
    known = arcs.detach()
    return known.masked_fill(known == -torch.inf, torch.inf).amin(-1, keepdim=True)


def _with_numbers(arcs: Tensor, single_root: bool) -> tuple[TreeSums, Tensor]:
    """The sums, and the log-probability `[batch]` that heads chosen independently make a tree."""
    chain = chain_of_numbers(arcs, single_root)
    walks = leave_one_out(chain.table, NUMBERS, exits=not single_root)
    log_determinant = walks.log_pivots + walks.last[:, 0, 0].log()
    worth = torch.cat([chain.table[..., -1:], chain.table[..., :-1] * walks.last], -1)
    worth = worth.masked_fill(arcs == -torch.inf, 0.0)
    sums = TreeSums(log_determinant + chain.log_mass, worth / worth.sum(-1, keepdim=True))
    return sums, sums.log_partition - chain.log_whole


def _with_logarithms(arcs: Tensor, single_root: bool) -> TreeSums:
    few = max(1, _CHUNK // arcs.shape[1] ** 3)
    sums = [_few_with_logarithms(rows, single_root) for rows in torch.split(arcs, few)]
    return TreeSums(*(torch.cat(each) for each in zip(*sums, strict=True)))


def _few_with_logarithms(arcs: Tensor, single_root: bool) -> TreeSums:
    chain = chain_of_logarithms(arcs, single_root)
    walks = leave_one_out(chain.table, LOGARITHMS, exits=not single_root)
    log_z = walks.log_pivots + walks.last[:, 0, 0] + chain.log_mass
    impossible = log_z < lowest_scores(arcs).sum((1, 2)) - 50.0
    worth = torch.cat([chain.table[..., -1:], chain.table[..., :-1] + walks.last], -1)
    return TreeSums(
        log_z.masked_fill(impossible, -torch.inf), worth.masked_fill(arcs == -torch.inf, -torch.inf).softmax(-1)
    )
