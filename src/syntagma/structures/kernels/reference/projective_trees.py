"""Single projective trees out of the chart of all: the best, the k best, and samples. All trees of a batch at once.

A tree is taken apart from the top: an item of the chart is made of two narrower ones, at a split that is chosen among
all of that item's, and an arc gives a word its head. All items of one depth are taken apart at once.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from syntagma.structures.kernels.reference.projective_chart import Chart, fill, impossible, log_sum, nothing

# Kinds of items: right and left halves, and arcs to the right and left with all between, which are made as pairs are.
_RIGHT, _LEFT, _ARC_RIGHT, _ARC_LEFT = range(4)
_MADE_OF = (
    (_ARC_RIGHT, _LEFT, _RIGHT, _RIGHT),  # the kind of the first of the two parts
    (_RIGHT, _ARC_LEFT, _LEFT, _LEFT),  # and of the last
    (4, 2, 0, 0),  # which table of the chart has the first parts
    (1, 5, 3, 3),  # and which the last
    (1, 0, 0, 0),  # the first one's width at the first split
    (0, 1, 0, 0),  # the last one's width at the last split
)

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
        if k == 1:
            return (first + last).amax(0)
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
    tables, made_of = torch.stack(chart[:6]), torch.tensor(_MADE_OF, device=row.device)
    words = tables.shape[1] - 1
    heads = row.new_full((len(row), words), -1)
    tree = torch.arange(len(row), device=row.device)
    items = torch.stack([torch.full_like(row, _RIGHT), lengths[row], torch.zeros_like(row), rank, tree])
    while items.shape[1] > 0:
        _record(heads, items[:, items[0] >= _ARC_RIGHT])
        kind, width, start, rank, tree = items
        first_kind, last_kind, *where = made_of[:, kind]
        first, last = _parts(tables, torch.stack([*where, row[tree], start, width]))
        split, first_rank, last_rank = choose(first, last, rank)
        first_width, last_width = split + where[2], width - 1 - split + where[3]
        of_first = torch.stack([first_kind, first_width, start, first_rank, tree])
        of_last = torch.stack([last_kind, last_width, start + width - last_width, last_rank, tree])
        items = torch.cat([of_first, of_last], 1)
        items = items[:, items[1] > 0]
    return heads


def _record(heads: Tensor, items: Tensor) -> None:
    """Write down the heads of arcs, `[(kind, width, start, rank, tree), item]`."""
    kind, width, start, _, tree = items
    end, rightward = start + width, kind == _ARC_RIGHT
    heads[tree, torch.where(rightward, end, start) - 1] = torch.where(rightward, start, end)


def _parts(tables: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
    """Scores of both parts at each split, `[item, split, rank]`; `where [(tables, widths, row, start, width), item]`.

    Behind an item's last split the scores are -inf.
    """
    first_table, last_table, first_width, last_width, row, start, width = where.unsqueeze(-1)
    split, words = torch.arange(int(width.max()), device=where.device), tables.shape[1] - 1
    first = tables[first_table, split + first_width, row, start]
    narrowing = words + 1 - width + split - last_width
    last = tables[last_table, narrowing.clamp(max=words), row, start + width]
    return first.masked_fill_((split >= width).unsqueeze(-1), -torch.inf), last
