"""Single segmentations: the best, samples, the k best. All choose segments from the left, given what may follow."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from syntagma.structures.kernels.reference.segment_sweeps import Suffixes, fold, sweep_back
from syntagma.structures.kernels.segment_lattice import SegmentLattice, reject_unusable_segments


@torch.no_grad()
def best(lattice: SegmentLattice) -> tuple[Tensor, Tensor, Tensor]:
    """The best segmentation: sizes and labels `[batch, words]`, as `sample` gives them, and its score `[batch]`.

    Of equals, from the left, the one with the lowest label (an uncovered word's is the highest), then the shortest.

    Raises:
        StructureError: a row has no segmentation, a NaN or a +inf; so too `k_best`.
    """
    scores = fold(lattice)
    found = sweep_back(lattice, scores, torch.amax)
    sizes, labels = _walk(lattice, scores, found, 1, lambda options: options.argmax(-1))
    return sizes.squeeze(1), labels.squeeze(1), found.log_weight


@torch.no_grad()
def sample(
    lattice: SegmentLattice, suffixes: Suffixes, n: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """`n` independent segmentations of every row: sizes and labels `[batch, n, words]`.

    A size is that of the span that begins at a word, else 0, and -1 in padding; a label -1 where no span begins.
    """

    def draw(options: Tensor) -> Tensor:
        # the argmax of p / q, q exponential, is a draw from p; what is impossible stays at log 0 = -inf
        return (options - torch.empty_like(options).exponential_(generator=generator).log_()).argmax(-1)

    return _walk(lattice, fold(lattice), suffixes, n, draw)


def _walk(
    lattice: SegmentLattice, scores: Tensor, suffixes: Suffixes, n: int, pick: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """Segment by segment from the left, `n` times a row; `pick` chooses by log-weights `[batch, n, options]`."""
    after, (batch, words, width, count) = suffixes.after, scores.shape
    position = torch.zeros(batch, n, dtype=torch.long, device=scores.device)
    previous, sizes = torch.zeros_like(position), position.new_zeros(words, batch, n)
    labels = torch.full_like(sizes, -1)
    for i in range(words):
        label = pick(_entered(lattice, suffixes.leaving[:, i].unsqueeze(1), previous, i).expand(-1, n, -1))
        options = (scores[:, i] + after[:, i + 1 : i + 1 + width]).mT
        size = 1 + pick(options.gather(1, label.unsqueeze(-1).expand(-1, -1, width)))
        here = position == i
        position, previous = torch.where(here, i + size, position), torch.where(here, label, previous)
        named = here & (label < count - 1)
        sizes[i], labels[i] = torch.where(named, size, 0), torch.where(named, label, -1)
    own = lattice.own.unsqueeze(1)
    return sizes.permute(1, 2, 0).where(own, -1), labels.permute(1, 2, 0).where(own, -1)


def _entered(lattice: SegmentLattice, leaving: Tensor, previous: Tensor, i: int) -> Tensor:
    """Log-weights of the labels of the segment at word `i`, after a segment of label `previous [batch, n]`."""
    if lattice.transitions is None or i == 0:
        return leaving
    return lattice.transitions.to(leaving.dtype)[previous] + leaving


@torch.no_grad()
def k_best(lattice: SegmentLattice, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """The k best segmentations: sizes and labels `[batch, k, words]`, scores `[batch, k]`, best first, none twice.

    Where a row has fewer, sizes and labels are -1 and scores -inf. Each choice of a label, a width and a rank of what
    follows makes another segmentation, so none comes twice. Equals stand in the order of label, width, rank.
    """
    sweep = _RankedSweep(lattice, k)
    reject_unusable_segments(lattice, sweep.scores[:, 0])
    return *sweep.walk(), sweep.scores


class _RankedSweep:
    """`sweep_back` for lists of the k best in place of a total, with the origin of each."""

    def __init__(self, lattice: SegmentLattice, k: int) -> None:
        self.lattice, self.k = lattice, k
        scores = fold(lattice)
        batch, words, width, self.count = scores.shape
        table = None if lattice.transitions is None else lattice.transitions.to(scores.dtype).unsqueeze(-1)
        after = scores.new_full((batch, words + width, 1 if table is None else self.count, k), -torch.inf)
        after[..., 0] = 0.0
        self.widths: list[Tensor] = []  # of each word, last first: (width, rank) of each ranked choice of a label
        self.labels: list[Tensor] = []  # likewise (label, rank), given the label before
        for i in range(words - 1, -1, -1):
            begun = scores[:, i].unsqueeze(-1) + after[:, i + 1 : i + 1 + width]
            leaving, origin = self._ranked(begun.transpose(1, 2).flatten(2))
            self.widths.append(origin)
            follows = leaving.unsqueeze(1) if table is None or i == 0 else leaving.unsqueeze(1) + table
            ranked, origin = self._ranked(follows.flatten(2))
            self.labels.append(origin)
            after[:, i] = ranked.where(lattice.own[:, i, None, None], after[:, i])
        self.scores = ranked[:, 0]

    def _ranked(self, candidates: Tensor) -> tuple[Tensor, Tensor]:
        """The k best of the last dimension and where they were; filled up with -inf."""
        scores, order = candidates.sort(dim=-1, descending=True, stable=True)
        missing = (0, max(self.k - scores.shape[-1], 0))
        return pad(scores[..., : self.k], missing, value=-torch.inf), pad(order[..., : self.k], missing)

    def walk(self) -> tuple[Tensor, Tensor]:
        """Sizes and labels `[batch, k, words]`."""
        batch, words = self.lattice.own.shape
        rank = torch.arange(self.k, device=self.scores.device).repeat(batch, 1)
        position, previous = torch.zeros_like(rank), torch.zeros_like(rank)
        sizes = rank.new_zeros(words, batch, self.k)
        labels = torch.full_like(sizes, -1)
        for i, (by_width, by_label) in enumerate(zip(self.widths[::-1], self.labels[::-1], strict=True)):
            here = position == i
            lists = torch.zeros_like(previous) if by_label.shape[1] == 1 else previous
            label, onward = _divided(_chosen(by_label, lists, rank), self.k)
            size, onward = _divided(_chosen(by_width, label, onward), self.k)
            position, rank = torch.where(here, i + 1 + size, position), torch.where(here, onward, rank)
            previous, named = torch.where(here, label, previous), here & (label < self.count - 1)
            sizes[i], labels[i] = torch.where(named, 1 + size, 0), torch.where(named, label, -1)
        there = self.lattice.own.unsqueeze(1) & self.scores.isfinite().unsqueeze(-1)
        return sizes.permute(1, 2, 0).where(there, -1), labels.permute(1, 2, 0).where(there, -1)


def _chosen(origins: Tensor, lists: Tensor, ranks: Tensor) -> Tensor:
    """`origins [batch, lists, k]` of some lists and ranks `[batch, k]`."""
    rows = torch.arange(len(origins), device=origins.device).unsqueeze(1)
    return origins[rows, lists, ranks]


def _divided(origin: Tensor, k: int) -> tuple[Tensor, Tensor]:
    return origin // k, origin % k
