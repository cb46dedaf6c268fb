"""The linear chain says what pytorch-crf says, where pytorch-crf is right: finite emissions."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from syntagma.structures import LinearChain

torchcrf = pytest.importorskip("torchcrf", reason="pytorch-crf is not installed: it comes with the extra 'dev'")


class Problem(NamedTuple):
    emissions: Tensor
    transitions: Tensor
    start: Tensor
    end: Tensor
    lengths: Tensor
    labels: Tensor

    @property
    def mask(self) -> Tensor:
        return torch.arange(self.emissions.shape[1]) < self.lengths.unsqueeze(1)

    def chain(self) -> LinearChain:
        return LinearChain(*self[:4], lengths=self.lengths)

    def crf(self) -> torch.nn.Module:
        crf = torchcrf.CRF(self.emissions.shape[2], batch_first=True).double()
        crf.transitions.data, crf.start_transitions.data, crf.end_transitions.data = self[1:4]
        return crf


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    torch.manual_seed(draw(st.integers(0, 2**32 - 1)))
    batch, words, count = (draw(st.integers(1, most)) for most in (4, 9, 6))
    scale = draw(st.sampled_from([0.0, 1.0, 8.0, 20.0]))
    scores = [
        torch.randn(*shape).double() * scale for shape in ((batch, words, count), (count, count), (count,), (count,))
    ]
    if count > 2 and draw(st.booleans()):
        scores[1][0, 1] = scores[2][2] = float("-inf")
    return Problem(*scores, torch.randint(1, words + 1, (batch,)), torch.randint(count, (batch, words)))


@settings(max_examples=30)
@given(problems())
def test_log_likelihood(problem: Problem) -> None:
    expected = problem.crf()(problem.emissions, problem.labels, problem.mask, reduction="none")
    right = ~expected.isnan()  # which it is where padding holds a forbidden transition: -inf times 0
    found = problem.chain().log_prob(problem.labels)
    torch.testing.assert_close(found[right], expected[right], rtol=1e-9, atol=1e-9)


@settings(max_examples=30)
@given(problems())
def test_gradient_of_the_likelihood(problem: Problem) -> None:
    emissions = problem.emissions.requires_grad_(True)
    crf = problem.crf()
    leaves = [emissions, crf.transitions, crf.start_transitions, crf.end_transitions]
    log_z = crf._compute_normalizer(emissions.transpose(0, 1), problem.mask.T)
    expected = torch.autograd.grad(log_z.sum(), leaves, allow_unused=True, materialize_grads=True)
    chain = LinearChain(*leaves, lengths=problem.lengths)
    found = torch.autograd.grad(chain.log_partition().sum(), leaves, allow_unused=True, materialize_grads=True)
    for ours, theirs in zip(found, expected, strict=True):
        if not theirs.isnan().any():  # a label that nothing may lead to
            torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-8)


@settings(max_examples=30)
@given(problems())
def test_best_sequence(problem: Problem) -> None:
    best = problem.chain().argmax()
    for row, theirs in enumerate(problem.crf().decode(problem.emissions, problem.mask)):
        ours = best.labels[row, : len(theirs)].tolist()
        if problem.emissions.any():  # with scores of 0 everything ties
            assert ours == theirs
