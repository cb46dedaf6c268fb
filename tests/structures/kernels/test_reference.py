"""The underflow sentinel: sharp and constrained chains stay on the quick path, and only the failing rows leave it."""

from __future__ import annotations

import pytest
import torch

from syntagma.structures.kernels.lattice import Lattice
from syntagma.structures.kernels.reference.chain import ReferenceSweep


def _sweep(emissions: torch.Tensor, transitions: torch.Tensor, start: torch.Tensor | None = None) -> ReferenceSweep:
    lengths = torch.full(emissions.shape[:1], emissions.shape[1])
    return ReferenceSweep(Lattice(emissions, transitions, start, None, lengths))


@pytest.mark.parametrize("deviation", [1.0, 20.0, 40.0])
def test_sharp_scores_stay_on_the_quick_path(deviation: float) -> None:
    torch.manual_seed(0)
    sweep = _sweep(torch.randn(16, 64, 20) * deviation, torch.randn(20, 20) * deviation / 4)
    assert sweep.exact_rows.numel() == 0


def test_constraints_stay_on_the_quick_path() -> None:
    """O, B, I: no I at the start or after O; and a word that must be O, so that no I can follow."""
    transitions, start = torch.zeros(3, 3), torch.zeros(3)
    transitions[0, 2] = start[2] = -torch.inf
    emissions = torch.randn(4, 10, 3) * 10
    emissions[2, 4, 1:] = -torch.inf
    sweep = _sweep(emissions, transitions, start)
    assert sweep.exact_rows.numel() == 0
    assert torch.isfinite(sweep.unary()).all()


def test_only_the_failing_row_leaves_it() -> None:
    emissions = torch.randn(5, 8, 3)
    emissions[3] *= 1e4
    sweep = _sweep(emissions, torch.randn(3, 3))
    assert sweep.exact_rows.tolist() == [3]
    assert torch.isfinite(sweep.log_partition()).all()
    torch.testing.assert_close(sweep.unary().sum(-1), torch.ones(5, 8, dtype=torch.float64))
    torch.testing.assert_close(sweep.gradient(torch.ones(5)).transitions.sum(), torch.tensor(5.0 * 7))


def test_a_rising_score_behind_an_unreachable_label_is_no_number_to_fear() -> None:
    """The backward message of a label that nothing reaches may overflow; it must not meet the forward message's 0."""
    emissions = torch.zeros(1, 4, 2)
    emissions[0, 1:, 1] = 600.0
    transitions = torch.tensor([[0.0, -torch.inf], [0.0, 0.0]])  # no way from 0 to 1
    sweep = _sweep(emissions, transitions, torch.tensor([0.0, -torch.inf]))
    assert sweep.unary()[0].tolist() == [[1.0, 0.0]] * 4
    assert sweep.log_partition().item() == pytest.approx(0.0)
