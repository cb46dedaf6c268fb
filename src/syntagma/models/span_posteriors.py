"""The exact posterior of a labelled span under a distribution over labels: the confidence that users see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from syntagma.models.coding import SpanCoding
from syntagma.models.inference import LabelDistribution
from syntagma.text.document import TokenSpan


def span_posteriors(
    labels: LabelDistribution, coding: SpanCoding, found: Sequence[Sequence[TokenSpan]], *, keeps_pairs: bool = True
) -> list[list[TokenSpan]]:
    """The spans again, each with the probability that the sentence holds exactly this span with this label.

    It is the sum over all label sequences that decode to the span, whatever they say elsewhere; not a product of
    token probabilities. `found` holds the spans of each row. `keeps_pairs` says that forbidden pairs of labels have
    probability 0; without it also the sequences count that the scheme forbids and its lenient decoding reads so.
    """
    ways = partial(coding.allowed, lenient=not keeps_pairs)
    windows = [(row, span.first - 1, mask) for row, spans in enumerate(found) for span in spans for mask in ways(span)]
    if not windows:
        return [list(spans) for spans in found]
    widest = max(len(mask) for _, _, mask in windows)
    allowed = np.ones((len(windows), widest, len(coding.labels)), dtype=np.bool_)
    for index, (_, _, mask) in enumerate(windows):
        allowed[index, : len(mask)] = mask
    device = labels.emissions.device
    rows = torch.tensor([row for row, _, _ in windows], device=device)
    first = torch.tensor([start for _, start, _ in windows], device=device)
    log_probs = labels.window_log_prob(rows, first, torch.from_numpy(allowed).to(device))
    probabilities = iter(log_probs.exp().clamp(max=1.0).tolist())
    return [
        [replace(span, confidence=sum(next(probabilities) for _ in ways(span))) for span in spans] for spans in found
    ]
