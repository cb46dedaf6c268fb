"""Chains say what torch-struct says, where torch-struct is right: two words or more."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from syntagma.structures import LinearChain, kl

torch_struct = pytest.importorskip(
    "torch_struct", reason="torch-struct is not installed: it comes with the extra 'dev'"
)

pytestmark = pytest.mark.filterwarnings("ignore:.*arg_constraints")

SCALES = (0.3, 1.0, 4.0)
LENGTHS = torch.tensor([6, 2, 5, 3])


def close(found: Tensor, expected: Tensor, tolerance: float = 1e-8) -> None:
    torch.testing.assert_close(found.detach(), expected.detach(), rtol=tolerance, atol=tolerance)


def chain(scale: float, seed: int = 0) -> LinearChain:
    torch.manual_seed(seed)
    shapes = ((4, 6, 5), (5, 5), (5,), (5,))
    return LinearChain(*(torch.randn(shape).double() * scale for shape in shapes), lengths=LENGTHS)


def as_tables(chain: LinearChain) -> torch_struct.LinearChainCRF:
    """torch-struct's scores: one table a step, `[batch, words - 1, to, from]`, with everything in it."""
    steps = chain.transitions.T.contiguous() + chain.emissions[:, 1:].unsqueeze(3)
    steps[:, 0] += (chain.emissions[:, 0] + chain.start).unsqueeze(1)
    steps[torch.arange(4), LENGTHS - 2] += chain.end.unsqueeze(1)
    return torch_struct.LinearChainCRF(steps, LENGTHS)


@pytest.mark.parametrize("scale", SCALES)
def test_chain_sums(scale: float) -> None:
    ours, theirs = chain(scale), as_tables(chain(scale))
    close(ours.log_partition(), theirs.partition)
    close(ours.marginals().transitions, theirs.marginals.transpose(2, 3))
    close(ours.entropy(), theirs.entropy)
    close(kl(ours, chain(scale, seed=1)), theirs.kl(as_tables(chain(scale, seed=1))))


@pytest.mark.parametrize("scale", SCALES)
def test_best_sequences(scale: float) -> None:
    ours, theirs = chain(scale), as_tables(chain(scale))
    steps = torch_struct.LinearChain.to_parts(ours.argmax().labels.clamp(min=0), 5, LENGTHS)
    assert torch.equal(theirs.argmax.long(), steps)
    close(ours.topk(4).scores, theirs.kmax(4).T)
