"""The best tree of a sentence, projective or not, and the k best: maximum spanning arborescences, in plain torch.

Chu, Liu and Edmonds, for a whole batch at once. Every group of words (at first each alone) takes the best arc that
enters it, and what it scores is taken from all arcs that enter; groups in a circle become one; and so on until there is
no circle. The arc into a group of groups then decides by which of them the circle is entered; those keep theirs else.

With a single root a group takes an arc from the root only where none else enters it: then all words become one group
before the root is asked, and that takes its best arc from there. Nothing is ever added to a score for that.

Of equal arcs a group takes the one to the first word, then from the first head. The cpu kernel does the same.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class _Round(NamedTuple):
    groups: Tensor
    """`[batch, words]`: the first word of each word's group, as the round began."""
    words: Tensor
    """`[batch, words]`: by a group's first word, the word that its arc leads to."""
    heads: Tensor
    """`[batch, words]`: and the arc's head."""


@torch.no_grad()
def best_tree(arcs: Tensor, *, single_root: bool) -> Tensor:
    """Heads of the best tree, `[batch, words]`; where there is none, heads of arcs that are not possible.

    Args:
        arcs: `[batch, words, 1 + words]`, -inf where there is no arc. A word without any arc takes no part (padding).
        single_root: whether a tree has one arc from the root, or any number from 1 on.
    """
    batch, words, _ = arcs.shape
    groups = torch.arange(words, device=arcs.device).expand(batch, -1)
    arcs, rounds = arcs.clone(), []
    while True:
        entering = _without_inner(arcs, groups)
        rounds.append(_enter(entering, groups, single_root))
        joined = _join_circles(rounds[-1])
        if torch.equal(joined, groups):
            break
        arcs = _relative(entering, rounds[-1])
        groups = joined
    return _expand(rounds)


def _without_inner(arcs: Tensor, groups: Tensor) -> Tensor:
    """Arcs with -inf where both ends are in one group; the root is in none."""
    inside = groups.unsqueeze(2) == groups.unsqueeze(1)
    result = arcs.clone()
    result[..., 1:].masked_fill_(inside, -torch.inf)
    return result


def _enter(arcs: Tensor, groups: Tensor, single_root: bool) -> _Round:
    """The arc that each group takes."""
    batch, words, _ = arcs.shape
    of_words = arcs
    if single_root:
        some = arcs[..., 1:].amax(-1) > -torch.inf
        others = torch.zeros_like(groups).scatter_reduce(1, groups, some.long(), "amax")
        of_words = arcs.clone()
        of_words[..., 0].masked_fill_(others.gather(1, groups) > 0, -torch.inf)
    best, heads = of_words.max(-1)
    members = groups.unsqueeze(1) == torch.arange(words, device=arcs.device).view(1, -1, 1)  # [batch, group, word]
    chosen = torch.where(members, best.unsqueeze(1), -torch.inf)
    chosen = torch.where(members & (best.unsqueeze(1) == -torch.inf), torch.finfo(arcs.dtype).min, chosen)
    into = chosen.argmax(-1)
    return _Round(groups, into, heads.gather(1, into))


def _relative(arcs: Tensor, taken: _Round) -> Tensor:
    """Arcs less what the group of their word has taken; a group's own arc is then worth 0."""
    values = arcs.flatten(1).gather(1, taken.words * arcs.shape[2] + taken.heads)
    values = values.gather(1, taken.groups)
    return arcs - values.masked_fill(values == -torch.inf, 0.0).unsqueeze(-1)


def _join_circles(taken: _Round) -> Tensor:
    """Groups by their first word, `[batch, words]`, where those whose arcs make a circle have become one."""
    groups, words = taken.groups, taken.groups.shape[1]
    of_head = torch.where(taken.heads > 0, groups.gather(1, (taken.heads - 1).clamp(min=0)), words)
    end = torch.full_like(groups[:, :1], words)  # the root, which goes nowhere
    above = torch.cat([of_head.gather(1, groups), end], 1)
    lowest = torch.minimum(torch.cat([groups, end], 1), above)
    for _ in range(words.bit_length()):
        lowest = torch.minimum(lowest, lowest.gather(1, above))
        above = above.gather(1, above)
    circles = torch.zeros_like(above, dtype=torch.bool).scatter(1, above, True)[:, :-1]  # who is met far above anyone
    inside = circles.gather(1, groups)
    return torch.where(inside, lowest[:, :-1].gather(1, groups), groups)


def _expand(rounds: list[_Round]) -> Tensor:
    """Heads of words from the arcs that groups took: of each circle, the arc that enters it from outside wins."""
    groups, words, heads = rounds[-1]
    for earlier in reversed(rounds[:-1]):
        # by the first word of an earlier group: the later group's arc, where it leads into this one
        into, of_head = words.gather(1, groups), heads.gather(1, groups)
        mine = earlier.groups.gather(1, into) == earlier.groups
        words = torch.where(mine, into, earlier.words.gather(1, earlier.groups))
        heads = torch.where(mine, of_head, earlier.heads.gather(1, earlier.groups))
        groups = earlier.groups
    return heads


@torch.no_grad()
def k_best_trees(arcs: Tensor, sizes: Tensor, k: int, *, single_root: bool) -> Tensor:
    """Heads of the k best trees, best first, `[batch, k, words]`, and -1 where there are not so many.

    After each tree is found, the rest of the set that it was the best of is split by the first word whose head differs
    (Lawler, 1972): the words before keep their heads, this one may not, and each part's best tree is a candidate. Of
    equal ones, that comes first which was a candidate first.
    """
    batch, words, _ = arcs.shape
    rows = torch.arange(batch, device=arcs.device)
    valid = torch.arange(words, device=arcs.device) < sizes.unsqueeze(1)
    candidates = best_tree(arcs, single_root=single_root).unsqueeze(1)
    scores = tree_scores(arcs, candidates, valid, single_root=single_root)
    forbidden = torch.zeros(batch, 1, words, words + 1, dtype=torch.bool, device=arcs.device)
    found = []
    for rank in range(k):
        best, place = scores.max(1)
        found.append(candidates[rows, place].masked_fill((best == -torch.inf).unsqueeze(1), -1))
        if rank == k - 1:
            break
        parts = _parts(candidates[rows, place], forbidden[rows, place])
        limited = arcs.unsqueeze(1).masked_fill(parts, -torch.inf).flatten(0, 1)
        new = best_tree(limited, single_root=single_root).unsqueeze(1)
        each = tree_scores(limited, new, valid.repeat_interleave(words, 0), single_root=single_root).view(batch, words)
        each = each.masked_fill((best == -torch.inf).unsqueeze(1), -torch.inf)
        scores = torch.cat([scores.scatter(1, place.unsqueeze(1), -torch.inf), each], 1)
        candidates = torch.cat([candidates, new.view(batch, words, words)], 1)
        forbidden = torch.cat([forbidden, parts], 1)
    return torch.stack(found, 1)


def _parts(heads: Tensor, forbidden: Tensor) -> Tensor:
    """What is forbidden in each part, `[batch, part, words, 1 + words]`; part i differs first at word i."""
    words = heads.shape[1]
    own = torch.zeros_like(forbidden).scatter(2, heads.unsqueeze(2), True)
    part = torch.arange(words, device=heads.device)
    before, here = part.view(-1, 1, 1) > part.view(1, -1, 1), part.view(-1, 1, 1) == part.view(1, -1, 1)
    own, forbidden = own.unsqueeze(1), forbidden.unsqueeze(1)
    return forbidden | (before & ~own) | (here & own)


def tree_scores(arcs: Tensor, heads: Tensor, valid: Tensor, *, single_root: bool) -> Tensor:
    """Scores of `heads [batch, n, words]`, `[batch, n]`; -inf where they are no tree. `valid` as for `are_trees`."""
    scores = arcs.gather(2, heads.transpose(1, 2)).masked_fill(~valid.unsqueeze(2), 0.0).sum(1)
    return scores.masked_fill(~are_trees(heads, valid, single_root=single_root), -torch.inf)


def are_trees(heads: Tensor, valid: Tensor, *, single_root: bool) -> Tensor:
    """Whether from every word of `heads [batch, n, words]` the way up ends at the root, `[batch, n]`.

    Only words that are `valid [batch, words]` are looked at.
    """
    valid = valid.unsqueeze(1)
    above = torch.cat([torch.zeros_like(heads[..., :1]), heads.where(valid, 0)], -1)
    for _ in range(heads.shape[-1].bit_length()):
        above = above.gather(-1, above)
    trees = (above == 0).all(-1)
    return trees & (((heads == 0) & valid).sum(-1) == 1) if single_root else trees
