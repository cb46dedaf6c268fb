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
from torch.nn.functional import pad


class _Taken(NamedTuple):
    """The arc that each group takes, at the place of the group's first word; elsewhere anything."""

    groups: Tensor
    """`[rows, words]`: the first word of each word's group."""
    words: Tensor
    """`[rows, words]`: the word that the group's arc leads to."""
    heads: Tensor
    """`[rows, words]`: and the arc's head."""

    def of_words(self) -> tuple[Tensor, Tensor]:
        """For every word, the arc of its group: word and head."""
        return self.words.gather(1, self.groups), self.heads.gather(1, self.groups)


@torch.no_grad()
def best(arcs: Tensor, single_root: bool) -> Tensor:
    """Heads of the best tree, `[batch, words]`; heads that are no tree, or of impossible arcs, where there is none.

    Args:
        arcs: `[batch, words, 1 + words]`, -inf where there is no arc. A word without any arc takes no part (padding).
        single_root: whether a tree has one arc from the root, or any number from 1 on.
    """
    heads = _best(arcs, single_root=False)
    if single_root:
        several = ((heads == 0) & _with_arcs(arcs)).sum(1) > 1
        rows = several.nonzero().flatten()
        heads[rows] = _best(arcs[rows], single_root=True)
    return heads


def _best(arcs: Tensor, *, single_root: bool) -> Tensor:
    batch, words, _ = arcs.shape
    groups = torch.arange(words, device=arcs.device).expand(batch, -1)
    rounds: list[tuple[_Taken, Tensor]] = []
    while True:
        arcs = _between(arcs, groups)
        taken = _enter(arcs, groups, single_root)
        joined = _join_circles(taken)
        rows = (joined != groups).any(1).nonzero().flatten()  # the others have their trees
        rounds.append((taken, rows))
        if not rows.numel():
            return _expand(rounds)
        arcs, groups = _relative(arcs[rows], _Taken(*(each[rows] for each in taken))), joined[rows]


def _with_arcs(arcs: Tensor) -> Tensor:
    return arcs.amax(-1) > -torch.inf


def _between(arcs: Tensor, groups: Tensor) -> Tensor:
    """Arcs with -inf where both ends are in one group; the root is in none."""
    inside = groups.unsqueeze(2) == groups.unsqueeze(1)
    return arcs.masked_fill(torch.cat([inside.new_zeros(*groups.shape, 1), inside], -1), -torch.inf)


def _enter(arcs: Tensor, groups: Tensor, single_root: bool) -> _Taken:
    """The best arc into each group."""
    members = groups.unsqueeze(1) == torch.arange(groups.shape[1], device=arcs.device).view(1, -1, 1)
    if single_root:
        entered = _with_arcs(arcs[..., 1:])
        entered = (members & entered.unsqueeze(1)).any(-1).gather(1, groups)
        root = torch.zeros_like(arcs, dtype=torch.bool)
        root[..., 0] = entered
        arcs = arcs.masked_fill(root, -torch.inf)
    highest, heads = arcs.max(-1)
    lowest = torch.finfo(arcs.dtype).min  # of a member, so that a group that nothing enters still finds one
    words = torch.where(members, highest.clamp(min=lowest).unsqueeze(1), -torch.inf).argmax(-1)
    return _Taken(groups, words, heads.gather(1, words))


def _relative(arcs: Tensor, taken: _Taken) -> Tensor:
    """Arcs less what the group of their word has taken; that is worth 0 then."""
    words, heads = taken.of_words()
    values = arcs.flatten(1).gather(1, words * arcs.shape[2] + heads)
    return arcs - values.masked_fill(values == -torch.inf, 0.0).unsqueeze(-1)


def _join_circles(taken: _Taken) -> Tensor:
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


def _expand(rounds: list[tuple[_Taken, Tensor]]) -> Tensor:
    """Heads of words from the arcs that groups took, each round's in the rows that the one before had left.

    Of a circle, the group that the later arc into all of it leads to takes this one; the others keep their own.
    """
    words, heads = rounds[-1][0].of_words()
    for taken, rows in reversed(rounds[:-1]):
        own_words, own_heads = taken.of_words()
        groups = taken.groups[rows]
        entered = groups.gather(1, words) == groups
        own_words[rows] = torch.where(entered, words, own_words[rows])
        own_heads[rows] = torch.where(entered, heads, own_heads[rows])
        words, heads = own_words, own_heads
    return heads


@torch.no_grad()
def k_best(arcs: Tensor, single_root: bool, k: int) -> Tensor:
    """Heads of the k best trees, best first, `[batch, k, words]`, and -1 where there are not so many.

    After each tree is found, the rest of the set that it was the best of is split by the first word whose head differs
    (Lawler, 1972): the words before keep their heads, this one may not, and each part's best tree is a candidate. Of
    equal ones, that comes first which was a candidate first.
    """
    batch, words, _ = arcs.shape
    rows, valid = torch.arange(batch, device=arcs.device), _with_arcs(arcs)
    trees = best(arcs, single_root).unsqueeze(1)
    scores = tree_scores(arcs, trees, valid, single_root)
    forbidden = torch.zeros(batch, 1, words, words + 1, dtype=torch.bool, device=arcs.device)
    found = []
    for _ in range(k):
        highest, place = scores.max(1)
        none = (highest == -torch.inf).unsqueeze(1)
        tree = trees[rows, place]
        found.append(tree.masked_fill(none, -1))
        if len(found) == k or bool(none.all()):
            break
        parts = _parts(tree, forbidden[rows, place])
        limited = arcs.unsqueeze(1).masked_fill(parts, -torch.inf).flatten(0, 1)
        new = best(limited, single_root).unsqueeze(1)
        new_scores = tree_scores(limited, new, valid.repeat_interleave(words, 0), single_root).view(batch, words)
        scores = scores.scatter(1, place.unsqueeze(1), -torch.inf)
        scores = torch.cat([scores, new_scores.masked_fill(none | ~valid, -torch.inf)], 1)
        trees = torch.cat([trees, new.view(batch, words, words)], 1)
        forbidden = torch.cat([forbidden, parts], 1)
    return pad(torch.stack(found, 1), (0, 0, 0, k - len(found)), value=-1)


def _parts(heads: Tensor, forbidden: Tensor) -> Tensor:
    """What is forbidden in each part, `[batch, part, words, 1 + words]`; part i differs first at word i."""
    words = heads.shape[1]
    own = torch.zeros_like(forbidden).scatter(2, heads.unsqueeze(2), True)
    part = torch.arange(words, device=heads.device)
    before, here = part.view(-1, 1, 1) > part.view(1, -1, 1), part.view(-1, 1, 1) == part.view(1, -1, 1)
    own, forbidden = own.unsqueeze(1), forbidden.unsqueeze(1)
    return forbidden | (before & ~own) | (here & own)


def tree_scores(arcs: Tensor, heads: Tensor, valid: Tensor, single_root: bool) -> Tensor:
    """Scores of `heads [batch, n, words]`, `[batch, n]`; -inf where they are no tree. `valid` as for `are_trees`."""
    scores = arcs.gather(2, heads.transpose(1, 2)).masked_fill(~valid.unsqueeze(2), 0.0).sum(1)
    return scores.masked_fill(~are_trees(heads, valid, single_root), -torch.inf)


def are_trees(heads: Tensor, valid: Tensor, single_root: bool) -> Tensor:
    """Whether from every word of `heads [batch, n, words]` the way up ends at the root, `[batch, n]`.

    Only words that are `valid [batch, words]` are looked at.
    """
    valid = valid.unsqueeze(1)
    above = torch.cat([torch.zeros_like(heads[..., :1]), heads.where(valid, 0)], -1)
    for _ in range(heads.shape[-1].bit_length()):
        above = above.gather(-1, above)
    trees = (above == 0).all(-1)
    return trees & (((heads == 0) & valid).sum(-1) == 1) if single_root else trees
