"""Exact samples of trees, projective or not, in as many steps as there are words, however sharp the scores.

The words are eliminated one after another (see `elimination`), which leaves the first with its one arc, to the root,
and then put back in reverse. Eliminating k gave every arc the weight of the way through k,

    w'[i, j] = w[i, j] + u[i] q[j],        u[i] = w[i, k],  q[j] = w[k, j] / s_k,

so an arc of a tree of the words without k is, each with its share of w', either itself or such a way. Take the words I
whose arcs are ways through k: with k put back, k is the head of all of them, and k's own head is drawn from q among the
words that reach the root without k. This is a tree with probability in proportion to its weight: the heads j of the
words in I that make a tree have, summed over all of them, the weight q(part that reaches the root), which is Cayley's
formula for trees with weighted nodes, and that is the weight of k's heads too. With a single root q is 1 over the words
alone, and k's head is the root if one of the ways through k went there.

Wilson's walks give the same trees, but with sharp scores may go around a circle e^100 times before they leave it.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from syntagma.structures.kernels.reference.elimination import LOGARITHMS, NUMBERS, Arithmetic
from syntagma.structures.kernels.reference.matrix_tree import (
    FAINT,
    chain_of_logarithms,
    chain_of_numbers,
    without_padding,
)


class Factors(NamedTuple):
    """Logarithms of what the elimination of the last word, the one before, ... left; -inf where there is nothing."""

    arcs: Tensor
    """`[batch, words, 1 + words]`: w before anything is eliminated."""
    into: Tensor
    """`[batch, words, words]`: u, from a word into a later one when that is eliminated."""
    out: Tensor
    """`[batch, words, 1 + words]`: q, from a word to an earlier one, or to the root, when it is eliminated."""


@torch.no_grad()
def sample(arcs: Tensor, sizes: Tensor, single_root: bool, n: int, generator: torch.Generator | None) -> Tensor:
    """`n` independent trees of every row, `heads [batch, n, words]`; anything in padding.

    Args:
        arcs: `[batch, words, 1 + words]` float64, -inf where there is no arc.
        sizes: `[batch]`, words of each row.
        single_root: whether a tree has one arc from the root, or any number from 1 on.
        n: how many.
        generator: of the random numbers.
    """
    factors = factorise(arcs, sizes, single_root)
    batch, words, _ = arcs.shape
    heads = torch.zeros(batch, n, words, dtype=torch.long, device=arcs.device)
    through = torch.zeros_like(heads)  # the word that an arc is a way through; 0 for none, as the first is never one
    _choose_ways(factors, heads, through, through[..., :1] == 0, 0, generator)
    for k in range(1, words):
        changed = through[..., :k] == k
        heads[..., k] = _head_of(k, factors, heads, changed, single_root, generator)
        heads[..., :k].masked_fill_(changed, k + 1)
        _choose_ways(factors, heads, through, torch.cat([changed, torch.ones_like(changed[..., :1])], -1), k, generator)
    return heads


def factorise(arcs: Tensor, sizes: Tensor, single_root: bool) -> Factors:
    """The elimination of all words but the first, as `Factors`; arguments as `sample`."""
    arcs, _ = without_padding(arcs, sizes, single_root)
    chain = chain_of_numbers(arcs, single_root)
    factors, log_determinant = _eliminate(chain.table, NUMBERS, exits=not single_root)
    faint = (~(log_determinant + chain.log_mass - chain.log_whole > FAINT)).nonzero().flatten()
    if faint.numel():
        table = chain_of_logarithms(arcs[faint], single_root).table
        exact, _ = _eliminate(table, LOGARITHMS, exits=not single_root)
        factors = Factors(*(each.index_copy(0, faint, new) for each, new in zip(factors, exact, strict=True)))
    return factors


def _eliminate(table: Tensor, arithmetic: Arithmetic, *, exits: bool) -> tuple[Factors, Tensor]:
    """Of chains `table [batch, words, words + 1]`, and the log-determinant `[batch]`."""
    table = torch.cat([table[..., -1:], table[..., :-1]], 2)  # the last column first: who goes is then at the end
    words = table.shape[1]
    into, out = (table.new_full(table.shape, -torch.inf) for _ in range(2))
    factors = Factors(arithmetic.logarithm(table), into[..., 1:], out)
    pivots = []
    for k in range(words - 1, 0, -1):
        leaving = table[:, k:, :-1]
        pivots.append(arithmetic.total(leaving if exits else leaving[..., 1:]))
        leaving = arithmetic.over(leaving, pivots[-1])
        factors.out[:, k : k + 1, : k + 1] = arithmetic.logarithm(leaving)
        factors.into[:, :k, k : k + 1] = arithmetic.logarithm(table[:, :k, -1:])
        table = arithmetic.plus_outer(table[:, :k, :-1], table[:, :k, -1:], leaving)
    pivots.append(table[..., :1])
    return factors, arithmetic.logarithm(torch.cat(pivots, 1)).sum((1, 2))


def _head_of(
    k: int, factors: Factors, heads: Tensor, cut: Tensor, single_root: bool, generator: torch.Generator | None
) -> Tensor:
    """A head for word k, `[batch, n]`, that reaches the root; `cut [batch, n, k]` are those whose head it will be."""
    above = heads[..., :k].masked_fill(cut, 0) + torch.where(cut, torch.arange(1, k + 1, device=heads.device), 0)
    above = torch.cat([torch.zeros_like(above[..., :1]), above], -1)
    for _ in range(k.bit_length()):
        above = above.gather(-1, above)
    logits = factors.out[:, k : k + 1, : k + 1].masked_fill(above != 0, -torch.inf)
    if not single_root:
        return _draw(logits, generator)
    of_root = (cut & (heads[..., :k] == 0)).any(-1)
    among_words = logits[..., 1:].masked_fill(of_root.unsqueeze(-1), 0.0)
    return (_draw(among_words, generator) + 1).masked_fill(of_root, 0)


def _choose_ways(
    factors: Factors, heads: Tensor, through: Tensor, new: Tensor, k: int, generator: torch.Generator | None
) -> None:
    """Write, for `new [batch, n, 1 + k]` arcs among the words up to k, through which later word each is a way."""
    row, sample, word = new.nonzero(as_tuple=True)
    head = heads[row, sample, word]
    ways = factors.into[row, word, k + 1 :] + factors.out[row, k + 1 :, head]
    chosen = _draw(torch.cat([factors.arcs[row, word, head].unsqueeze(1), ways], 1), generator)
    through[row, sample, word] = (chosen + k).masked_fill(chosen == 0, 0)


def _draw(logits: Tensor, generator: torch.Generator | None) -> Tensor:
    """The argmax of p / q, q exponential, is a draw from p; what has no weight stays at log 0 = -inf."""
    return (logits - torch.empty_like(logits).exponential_(generator=generator).log_()).argmax(-1)
