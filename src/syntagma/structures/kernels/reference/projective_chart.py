"""Eisner's algorithm over a whole batch: the chart of all projective trees, in whichever way its items are added up.

Node 0 is the root, node i is word i. From the left node i to the right node j there are, of a head and all between,

    pair(i, j)        = sum_k right(i, k) left(k + 1, j)         i <= k < j; before an arc joins i and j
    arc_right(i, j)   = pair(i, j) score(i -> j)
    arc_left(i, j)    = pair(i, j) score(j -> i)
    right(i, j)       = sum_k arc_right(i, k) right(k, j)        i < k <= j; i is the head, j its last descendant
    left(i, j)        = sum_k left(i, k) arc_left(k, j)          i <= k < j; j is the head, i its first descendant

where products are of numbers that are kept as logarithms, right(i, i) = left(i, i) = 1, and right(0, n) is the sum over
all trees of n words. Every tree is counted once. (Eisner, 1996; Eisner and Satta, 1999.) With a single root, the right
half of node 0 may be used for nothing else: right(0, j) = 0 for 0 < j < n.

All spans of one width are done at once, and all their splits, by a layout of the tables: of a pair that meets at a
split, the left part is looked up by its width and its first node, the right one by its width, counted down, and its
last node. Then, for all spans of a width, both parts of all splits are slices: `[split, batch, span]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from syntagma.structures.label_checks import working_precision


def nothing(like: Tensor) -> float:
    """The logarithm of zero, but finite, so that no difference of two is undefined."""
    return -float(torch.finfo(like.dtype).max ** 0.97)


def impossible(like: Tensor) -> float:
    """What has a part that is forbidden is below it, all else above."""
    return 0.01 * nothing(like)


class Chart(NamedTuple):
    """Logarithms, `[row, batch, node, rank]`, one rank if they are of sums.

    A table by first node has the spans of width w in row w, one by last node in row `words - w`.
    """

    right: Tensor
    """By first node."""
    right_by_last: Tensor
    left: Tensor
    """By first node."""
    left_by_last: Tensor
    arc_right: Tensor
    """By first node."""
    arc_left: Tensor
    """By last node."""
    pair: Tensor
    """By first node."""

    @classmethod
    def empty(cls, arcs: Tensor, ranks: int) -> Chart:
        """With nothing but the single nodes, whose first rank is the only one."""
        nodes = arcs.shape[2]
        tables = [arcs.new_full((nodes, len(arcs), nodes, ranks), nothing(arcs)) for _ in cls._fields]
        chart = cls(*tables)
        chart.right[0, ..., 0] = chart.left[0, ..., 0] = 0.0
        chart.right_by_last[-1, ..., 0] = chart.left_by_last[-1, ..., 0] = 0.0
        return chart

    def of_right(self, width: int) -> tuple[Tensor, Tensor]:
        """What the right halves of a width are made of, `[split, batch, span, rank]` twice."""
        nodes = len(self.pair)
        return self.arc_right[1 : width + 1, :, : nodes - width], self.right_by_last[nodes - width :, :, width:]

    def of_left(self, width: int) -> tuple[Tensor, Tensor]:
        """What the left halves of a width are made of."""
        nodes = len(self.pair)
        return self.left[:width, :, : nodes - width], self.arc_left[nodes - width - 1 : -1, :, width:]

    def of_pair(self, width: int) -> tuple[Tensor, Tensor]:
        """What the pairs of a width are made of."""
        nodes = len(self.pair)
        return self.right[:width, :, : nodes - width], self.left_by_last[nodes - width :, :, width:]

    def trees(self, lengths: Tensor) -> Tensor:
        """The logarithms for whole sentences, `[batch, rank]`."""
        return self.right[lengths, torch.arange(len(lengths), device=lengths.device), 0]


def fill(
    arcs: Tensor, lengths: Tensor, single_root: bool, join: Callable[[Tensor, Tensor], Tensor], ranks: int = 1
) -> Chart:
    """The chart of scores `[batch, words, 1 + words]`, -inf for what is forbidden; `join` sums products over splits."""
    arcs = arcs.to(working_precision(arcs))
    chart = Chart.empty(arcs, ranks)
    to_right, to_left = _by_width(arcs, lengths)
    words = arcs.shape[1]
    for width in range(1, words + 1):
        spans, row = words + 1 - width, words - width
        pair = join(*chart.of_pair(width))
        chart.pair[width, :, :spans] = pair
        chart.arc_right[width, :, :spans] = pair + to_right[width, :, :spans]
        chart.arc_left[row, :, width:] = pair + to_left[width, :, :spans]
        right = join(*chart.of_right(width))
        if single_root:
            right = right.masked_fill(_unfinished(right, lengths, width), nothing(right))
        chart.right[width, :, :spans] = chart.right_by_last[row, :, width:] = right
        chart.left[width, :, :spans] = chart.left_by_last[row, :, width:] = join(*chart.of_left(width))
    return chart


def log_sum(first: Tensor, last: Tensor) -> Tensor:
    """Logarithm of the sum over splits of products, `[batch, span, 1]`."""
    return (first + last).logsumexp(0)


def _unfinished(right: Tensor, lengths: Tensor, width: int) -> Tensor:
    """`[batch, span, 1]`: the right half of the root that is narrower than the sentence."""
    root = torch.arange(right.shape[1], device=lengths.device) == 0
    return (root & (lengths != width).unsqueeze(1)).unsqueeze(-1)


def _by_width(arcs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Scores of the arcs to the right and to the left, `[width, batch, first node, 1]` each."""
    batch, words, nodes = arcs.shape
    first = torch.arange(nodes, device=arcs.device)
    last = first + first.unsqueeze(1)
    inside = (last < nodes) & (last > first)
    word_right, word_left = (last - 1).clamp(0, words - 1), (first - 1).clamp(min=0).expand_as(last)
    to_right = (word_right * nodes + first).where(inside, 0)
    to_left = (word_left * nodes + last.clamp(max=words)).where(inside, 0)
    own = last <= lengths.view(-1, 1, 1)
    flat, floor = arcs.reshape(batch, -1), nothing(arcs)
    tables = []
    for index, exists in ((to_right, inside & own), (to_left, inside & own & (first > 0))):
        scores = flat[:, index].masked_fill(~exists, floor).clamp(min=floor)
        tables.append(scores.transpose(0, 1).unsqueeze(-1))
    return tables[0], tables[1]
