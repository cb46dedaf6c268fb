"""Single projective trees out of the chart of all: the best, the k best, and samples. All trees of a batch at once.

A tree is taken apart from the top: an item of the chart is made of two narrower ones, at a split that is chosen among
all of that item's, and an arc gives a word its head. Items wait until their width comes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import Tensor

from syntagma.structures.kernels.reference.projective_chart import Chart, fill, impossible, log_sum, nothing

# Kinds of items: right and left halves, and arcs to the right and left with all between, which are made as pairs are.
# For each, the kinds of its two parts, which tables of the chart have them, and the least width of either.
_FIRST_PART, _LAST_PART = (2, 1, 0, 0), (0, 3, 1, 1)
_FIRST_TABLE, _LAST_TABLE = (4, 2, 0, 0), (1, 5, 3, 3)
_FIRST_WIDTH, _LAST_WIDTH = (1, 0, 0, 0), (0, 1, 0, 0)
_RIGHT, _ARC_RIGHT = 0, 2

Choose = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]
"""From scores of both parts `[item, split, rank]` and the rank wanted `[item]`: a split, and the ranks of its parts."""


@torch.no_grad()
def best(arcs: Tensor, lengths: Tensor, single_root: bool) -> tuple[Tensor, Tensor]:
    """The best tree of each row as heads `[batch, words]`, 0 in padding, and its score, -inf where there is none."""
    heads, scores = _k_best(arcs, lengths, single_root, 1)
    return heads.squeeze(1).clamp(min=0), scores.squeeze(1)


@torch.no_grad()
def k_best(arcs: Tensor, lengths: Tensor, single_root: bool, k: int) -> Tensor:
    """The k best trees as heads `[batch, k, words]`, best first, none twice; -1 in padding and where there is none.

    An item keeps its k best derivations; those of equal score stand in the order of their splits, then of the ranks of
    the first parts. (k-best parsing, Huang and Chiang, 2005, algorithm 2.) A derivation is a tree, so none comes twice.
    """
    return _k_best(arcs, lengths, single_root, k)[0]


def _k_best(arcs: Tensor, lengths: Tensor, single_root: bool, k: int) -> tuple[Tensor, Tensor]:
    """Heads, and scores `[batch, k]`."""
    firsts, lasts = _ranks(k, arcs.device)

    def candidates(first: Tensor, last: Tensor, split: int) -> Tensor:
        return (first[..., firsts] + last[..., lasts]).movedim(split, -2).flatten(-2)

    def join(first: Tensor, last: Tensor) -> Tensor:
        sums = _highest(candidates(first, last, 0), k)[0]
        return torch.nn.functional.pad(sums, (0, k - sums.shape[-1]), value=nothing(sums))

    def choose(first: Tensor, last: Tensor, rank: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        places = _highest(candidates(first, last, 1), k)[1].gather(1, rank.unsqueeze(1)).squeeze(1)
        pair = places % len(firsts)
        return places // len(firsts), firsts[pair], lasts[pair]

    chart = fill(arcs, lengths, single_root, join, k)
    scores = chart.trees(lengths)
    scores = scores.masked_fill(scores < impossible(scores), -torch.inf)
    row, rank = scores.isfinite().nonzero().unbind(1)
    heads = _take_apart(chart, lengths, row, rank, choose)
    result = heads.new_full((len(arcs), k, arcs.shape[1]), -1)
    result[row, rank] = heads
    return result, scores


@torch.no_grad()
def sample(
    arcs: Tensor, lengths: Tensor, single_root: bool, n: int, generator: torch.Generator | None = None
) -> Tensor:
    """n independent trees of each row as heads `[batch, n, words]`, -1 in padding; anything where there is none."""

    def choose(first: Tensor, last: Tensor, rank: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits = (first + last).squeeze(-1)
        # the argmax of p / q, q exponential, is a draw from p
        race = torch.empty_like(logits).exponential_(generator=generator).log_()
        return (logits - race).argmax(1), rank, rank

    chart = fill(arcs, lengths, single_root, log_sum)
    row = torch.arange(len(arcs), device=arcs.device).repeat_interleave(n)
    return _take_apart(chart, lengths, row, torch.zeros_like(row), choose).view(len(arcs), n, -1)


def _ranks(k: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Ranks of two parts that can be among the k best sums: no k others are as good in both."""
    pairs = [(a, b) for a in range(k) for b in range(k // (a + 1))]
    firsts, lasts = torch.tensor(pairs, device=device).unbind(1)
    return firsts, lasts


def _highest(scores: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k highest along the last axis and their places; of equals the first."""
    if k == 1:
        highest, places = scores.max(-1, keepdim=True)
        return highest, places
    highest, places = scores.sort(dim=-1, descending=True, stable=True)
    return highest[..., :k], places[..., :k]


def _take_apart(chart: Chart, lengths: Tensor, row: Tensor, rank: Tensor, choose: Choose) -> Tensor:
    """The heads `[tree, words]` of the trees of these rows and ranks `[tree]`."""
    tables = torch.stack(chart[:6])
    words = tables.shape[1] - 1
    heads = row.new_full((len(row), words), -1)
    tree = torch.arange(len(row), device=row.device)
    waiting = torch.stack([torch.full_like(row, _RIGHT), lengths[row], torch.zeros_like(row), rank, tree])
    for width, arcs in itertools.product(range(words, 0, -1), (False, True)):  # a half may have an arc of its own width
        due = (waiting[1] == width) & ((waiting[0] >= _ARC_RIGHT) == arcs)
        items, waiting = waiting[:, due], waiting[:, ~due]
        if arcs:
            _record(heads, items)
        kind, _, start, rank, tree = items
        split, first_rank, last_rank = choose(*_parts(tables, kind, width, start, row[tree]), rank)
        first_width = split + _lookup(_FIRST_WIDTH, kind)
        last_width = width - 1 - split + _lookup(_LAST_WIDTH, kind)
        of_first = torch.stack([_lookup(_FIRST_PART, kind), first_width, start, first_rank, tree])
        of_last = torch.stack([_lookup(_LAST_PART, kind), last_width, start + width - last_width, last_rank, tree])
        waiting = torch.cat([waiting, of_first, of_last], 1)
    return heads


def _record(heads: Tensor, items: Tensor) -> None:
    """Write down the heads of arcs, `[(kind, width, start, rank, tree), item]`."""
    kind, width, start, _, tree = items
    end, rightward = start + width, kind == _ARC_RIGHT
    heads[tree, torch.where(rightward, end, start) - 1] = torch.where(rightward, start, end)


def _parts(tables: Tensor, kind: Tensor, width: int, start: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
    """Scores of both parts of each item at each split, `[item, split, rank]`."""
    split, words = torch.arange(width, device=row.device), tables.shape[1] - 1
    kind, start, row = kind.unsqueeze(1), start.unsqueeze(1), row.unsqueeze(1)
    first = tables[_lookup(_FIRST_TABLE, kind), split + _lookup(_FIRST_WIDTH, kind), row, start]
    narrowing = words - width + 1 + split - _lookup(_LAST_WIDTH, kind)
    return first, tables[_lookup(_LAST_TABLE, kind), narrowing, row, start + width]


def _lookup(table: tuple[int, ...], kind: Tensor) -> Tensor:
    return torch.tensor(table, device=kind.device)[kind]
