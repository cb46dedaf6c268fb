"""Sums over projective trees and the probability of every arc, from the chart of logarithms."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.structures.kernels.reference.projective_chart import Chart, fill, impossible, log_sum


def log_partition(arcs: Tensor, lengths: Tensor, single_root: bool) -> Tensor:
    """log Z `[batch]`, -inf where there is no tree; autograd may run through it, any number of times."""
    log_z = fill(arcs, lengths, single_root, log_sum).trees(lengths).squeeze(1)
    return log_z.masked_fill(log_z < impossible(log_z), -torch.inf)


@torch.no_grad()
def inside_outside(arcs: Tensor, lengths: Tensor, single_root: bool) -> tuple[Tensor, Tensor]:
    """log Z `[batch]`, -inf where there is no tree, and the probability of every arc `[batch, words, 1 + words]`.

    The probability of each item is handed down to those it is made of, to each split its share, from the widest spans
    to single arcs: all numbers on the way are probabilities.
    """
    chart = fill(arcs, lengths, single_root, log_sum)
    log_z = chart.trees(lengths).squeeze(1)
    mass = Chart(*(torch.zeros_like(table) for table in chart))
    mass.right[lengths, torch.arange(len(lengths), device=lengths.device), 0] = 1.0
    words = arcs.shape[1]
    for width in range(words, 0, -1):
        spans, row = words + 1 - width, words - width
        first, last = (width, slice(None), slice(spans)), (row, slice(None), slice(width, None))
        whole = mass.right[first] + mass.right_by_last[last]
        _hand_down(whole, chart.right[first], chart.of_right(width), mass.of_right(width))
        whole = mass.left[first] + mass.left_by_last[last]
        _hand_down(whole, chart.left[first], chart.of_left(width), mass.of_left(width))
        whole = mass.arc_right[first] + mass.arc_left[last]
        _hand_down(whole, chart.pair[first], chart.of_pair(width), mass.of_pair(width))
    return log_z.masked_fill_(log_z < impossible(log_z), -torch.inf), _by_word(mass)


def _hand_down(whole: Tensor, item: Tensor, made_of: tuple[Tensor, Tensor], masses: tuple[Tensor, Tensor]) -> None:
    """Add to both parts of each split its share in the mass of the whole."""
    share = (made_of[0] + made_of[1] - item).clamp_(max=0.0).exp_() * whole
    masses[0].add_(share)
    masses[1].add_(share)


def _by_word(mass: Chart) -> Tensor:
    """The masses of arcs as `[batch, words, 1 + words]`."""
    nodes = len(mass.pair)
    word, head = (
        torch.arange(1, nodes, device=mass.pair.device).unsqueeze(1),
        torch.arange(nodes, device=mass.pair.device),
    )
    to_right = mass.arc_right.squeeze(-1)[(word - head).clamp(min=0), :, head]
    to_left = mass.arc_left.squeeze(-1)[(nodes - 1 - head + word).clamp(max=nodes - 1), :, head]
    return torch.where(
        (head < word).unsqueeze(-1), to_right, to_left.masked_fill((head == word).unsqueeze(-1), 0.0)
    ).permute(2, 0, 1)
