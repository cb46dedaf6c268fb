"""Second-order heads: rounds of mean field against loops over all triples, and the acceptance values of the paper."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.heads import IndependentHeads
from syntagma.structures.second_order_heads import SecondOrderHeads

LENGTHS = torch.tensor([4, 3, 1])


def _scores(words: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(3, words, words + 1), (3, words, words + 1, words), (3, words, words + 1, words + 1)]
    arcs, siblings, grandparents = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    return arcs, siblings, grandparents


def _round(arcs: Tensor, siblings: Tensor, grandparents: Tensor, beliefs: Tensor) -> Tensor:
    """One update of one sentence, term by term: words are numbered from 1, the root is 0."""
    words = arcs.shape[0]
    scores = torch.full_like(arcs, -torch.inf)
    for d in range(1, words + 1):
        for h in range(words + 1):
            if h == d:
                continue
            total = arcs[d - 1, h].clone()
            for other in range(words + 1):
                if other in (d, h):
                    continue
                if other > 0:
                    total += beliefs[other - 1, h] * siblings[d - 1, h, other - 1]
                    total += beliefs[other - 1, d] * grandparents[other - 1, d, h]
                if h > 0:
                    total += beliefs[h - 1, other] * grandparents[d - 1, h, other]
            scores[d - 1, h] = total
    return scores.softmax(1)


@pytest.mark.parametrize("iterations", [0, 1, 3])
def test_rounds_against_loops(iterations: int) -> None:
    scores = _scores()
    found = SecondOrderHeads(*scores, LENGTHS, iterations=iterations).marginals().arcs
    for row, length in enumerate(LENGTHS.tolist()):
        arcs, siblings, grandparents = (part[row, :length, : length + 1] for part in scores)
        beliefs = arcs.masked_fill(torch.eye(length, length + 1).roll(1, 1).bool(), -torch.inf).softmax(1)
        for _ in range(iterations):
            beliefs = _round(arcs, siblings, grandparents, beliefs)
        torch.testing.assert_close(found[row, :length, : length + 1], beliefs)
        assert (found[row, length:] == 0).all()


def test_zero_second_order_scores_change_nothing() -> None:
    arcs, siblings, grandparents = _scores()
    expected = IndependentHeads(arcs, LENGTHS).marginals().arcs
    for others in ((None, None), (siblings * 0, grandparents * 0)):
        torch.testing.assert_close(SecondOrderHeads(arcs, *others, LENGTHS).marginals().arcs, expected)


def test_what_cannot_be_read_does_not_matter() -> None:
    """Padding, coinciding words and the root's head, whatever stands there."""
    arcs, siblings, grandparents = _scores()
    expected = SecondOrderHeads(arcs, siblings, grandparents, LENGTHS).log_partition()
    for row, length in enumerate(LENGTHS.tolist()):
        siblings[row, length:] = siblings[row, :, length + 1 :] = siblings[row, :, :, length:] = torch.nan
        grandparents[row, length:] = grandparents[row, :, length + 1 :] = grandparents[row, ..., length + 1 :] = (
            torch.nan
        )
    grandparents[:, :, 0] = torch.inf
    for word in range(4):
        siblings[:, word, :, word] = siblings[:, word, word + 1] = siblings[:, :, word + 1, word] = torch.inf
        grandparents[:, word, :, word + 1] = grandparents[:, :, word + 1, word + 1] = torch.nan
    found = SecondOrderHeads(arcs, siblings, grandparents, LENGTHS).log_partition()
    torch.testing.assert_close(found, expected)


def test_relations_count_as_part_of_their_arcs() -> None:
    arcs, siblings, grandparents = _scores()
    relations = torch.randn(3, 4, 5, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    labelled = SecondOrderHeads(arcs, siblings, grandparents, LENGTHS, relations)
    plain = SecondOrderHeads(arcs + relations.logsumexp(-1), siblings, grandparents, LENGTHS)
    torch.testing.assert_close(labelled.marginals().arcs, plain.marginals().arcs)
    assert labelled.argmax().outputs.shape == (3, 4, 2)


def test_derivatives_through_the_rounds() -> None:
    scores = [part[:2, :3, :4].clone() for part in _scores()]
    scores[1], scores[2] = scores[1][..., :3].clone(), scores[2][..., :4].clone()
    scores[0][0, 1, 0] = -torch.inf
    leaves = [part.requires_grad_(True) for part in scores[1:]]
    lengths = torch.tensor([3, 2])

    def entropy(*leaves: Tensor) -> Tensor:
        return SecondOrderHeads(scores[0], *leaves, lengths).entropy()

    assert torch.autograd.gradcheck(entropy, leaves)
    arcs = scores[0].requires_grad_(True)
    gradient = torch.autograd.grad(SecondOrderHeads(arcs, *leaves, lengths).log_partition().sum(), arcs)[0]
    assert torch.isfinite(gradient).all()


def test_what_is_refused() -> None:
    arcs, siblings, grandparents = _scores()
    for wrong, message in (
        ((siblings[..., :3], grandparents), "siblings have shape [3, 4, 5, 3]. Give them as [3, 4, 5, 4]"),
        ((siblings, grandparents[..., :3]), "grandparents have shape [3, 4, 5, 3]. Give them as [3, 4, 5, 5]"),
    ):
        with pytest.raises(StructureError, match=re.escape(message)):
            SecondOrderHeads(arcs, *wrong)
    with pytest.raises(StructureError, match="iterations is -1"):
        SecondOrderHeads(arcs, iterations=-1)
    siblings[1, 0, 2, 2] = -torch.inf
    with pytest.raises(StructureError, match="row 1 has a NaN or an infinity among its second-order scores"):
        SecondOrderHeads(arcs, siblings, grandparents)
