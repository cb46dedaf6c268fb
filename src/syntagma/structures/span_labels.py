"""What the probabilities of labelled spans say about the labels of words, as BIOES writes them."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.structures.parts import LabelParts, SpanParts


def bioes_parts(parts: SpanParts) -> LabelParts:
    """The probability of every BIOES label at every word, `[batch, words, 1 + 4 * labels]`.

    The labels are in the order of `LabelScheme.BIOES.labels`: O, then each type's B, I, E and S. Every number is a sum
    of probabilities, without a difference, so small ones keep their digits; the cost is one pass over the spans.
    (Structural knowledge distillation, arXiv 2010.05010, case 4.)
    """
    spans = parts.spans
    longer = _from_the_right(spans)  # [..., d, :]: of spans from this word on of more than d words
    single, several = spans[:, :, 0], spans[:, :, 1:]
    begin = longer[:, :, 1] if spans.shape[2] > 1 else torch.zeros_like(single)
    last = _at_distance(several, 1)
    inside = _at_distance(longer[:, :, 2:], 1)  # begun d words before, longer than d + 1
    types = torch.stack([begin, inside, last, single], -1).flatten(2)
    return LabelParts(torch.cat([parts.outside.unsqueeze(2), types], 2))


def _from_the_right(spans: Tensor) -> Tensor:
    return spans.flip(2).cumsum(2).flip(2)


def _at_distance(numbers: Tensor, nearest: int) -> Tensor:
    """Sums, at every word, over d of `numbers [batch, words, d, labels]` of the word `nearest + d` before it."""
    batch, words, count, labels = numbers.shape
    places = torch.arange(words, device=numbers.device).unsqueeze(1)
    places = (places + nearest + torch.arange(count, device=numbers.device)).flatten()
    total = numbers.new_zeros(batch, words + nearest + count, labels)
    return total.index_add(1, places, numbers.flatten(1, 2))[:, :words]
