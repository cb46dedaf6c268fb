"""Every call of independent labels against the enumeration of all sequences, as a chain without transitions does it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from syntagma.structures import IndependentLabels, LinearChain, cross_entropy, kl

SMALL = settings(max_examples=40, deadline=None)


@dataclass
class Case:
    """Emissions of a ragged batch in which every row has a sequence."""

    emissions: Tensor
    lengths: Tensor

    @property
    def labels(self) -> IndependentLabels:
        return IndependentLabels(self.emissions, self.lengths)

    @property
    def chain(self) -> LinearChain:
        count = self.emissions.shape[-1]
        return LinearChain(self.emissions, self.emissions.new_zeros(count, count), lengths=self.lengths)

    @property
    def tolerance(self) -> dict[str, float]:
        precise = self.emissions.dtype == torch.float64
        return {"rtol": 1e-10, "atol": 1e-9} if precise else {"rtol": 2e-6, "atol": 2e-6}

    def sequences(self, row: int) -> tuple[Tensor, Tensor]:
        """All sequences `[sequences, length]` of a row and their scores, in float64."""
        length, count = int(self.lengths[row]), self.emissions.shape[-1]
        labels = torch.tensor(list(itertools.product(range(count), repeat=length)))
        return labels, self.emissions[row, torch.arange(length), labels].double().sum(1)


@st.composite
def cases(draw: st.DrawFn, scales: tuple[float, ...] = (0.0, 1.0, 30.0, 1e4)) -> Case:
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    batch, words, count = draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.integers(1, 4))
    dtype = draw(st.sampled_from([torch.float32, torch.float64]))
    emissions = torch.randn(batch, words, count, generator=generator, dtype=torch.float64) * draw(
        st.sampled_from(scales)
    )
    if draw(st.booleans()):
        emissions = emissions.round()  # ties
    if draw(st.booleans()):
        forbidden = torch.rand(emissions.shape, generator=generator) < 0.3
        forbidden[..., draw(st.integers(0, count - 1))] = False
        emissions.masked_fill_(forbidden, -torch.inf)
    lengths = torch.tensor([draw(st.integers(1, words)) for _ in range(batch)])
    for row, length in enumerate(lengths.tolist()):  # what is in padding must not matter
        emissions[row, length:] = draw(st.sampled_from([0.0, float("nan"), torch.inf, -torch.inf]))
    return Case(emissions.to(dtype), lengths)


@SMALL
@given(cases())
def test_partition_and_probabilities(case: Case) -> None:
    log_z, words = case.labels.log_partition(), case.emissions.shape[1]
    for row in range(len(log_z)):
        labels, scores = case.sequences(row)
        torch.testing.assert_close(log_z[row].double(), scores.logsumexp(0), **case.tolerance)
        outputs = torch.full((len(log_z), len(labels), words), -1)
        outputs[row, :, : labels.shape[1]] = labels
        outputs[:row], outputs[row + 1 :] = 0, 0
        found = case.labels.log_prob(outputs)[row].double()
        torch.testing.assert_close(found, scores.log_softmax(0), **case.tolerance)
        torch.testing.assert_close(case.labels.score(outputs)[row].double(), scores, **case.tolerance)
        torch.testing.assert_close(case.labels.log_prob(outputs[:, 0])[row].double(), found[0], **case.tolerance)


@SMALL
@given(cases())
def test_marginals_and_entropy(case: Case) -> None:
    found, entropy = case.labels.marginals().emissions, case.labels.entropy()
    torch.testing.assert_close(case.labels.label_marginals(), found, rtol=0, atol=0)
    for row, length in enumerate(case.lengths.tolist()):
        labels, scores = case.sequences(row)
        p = scores.softmax(0)
        expected = torch.nn.functional.one_hot(labels, case.emissions.shape[-1]).double().mul(p.view(-1, 1, 1)).sum(0)
        torch.testing.assert_close(found[row, :length].double(), expected, rtol=0, atol=1e-6)
        assert (found[row, length:] == 0).all()
        torch.testing.assert_close(entropy[row].double(), torch.special.entr(p).sum(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(case.labels.marginals().entropy(), entropy, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(kl(case.labels, case.labels), torch.zeros_like(entropy), rtol=0, atol=1e-6)


@SMALL
@given(cases(), st.integers(1, 30))
def test_argmax_and_topk(case: Case, k: int) -> None:
    best, most = case.labels.argmax(), case.labels.topk(k)
    assert torch.equal(best.outputs, most.outputs[:, 0])
    torch.testing.assert_close(best.scores, most.scores[:, 0], **case.tolerance)
    for row, length in enumerate(case.lengths.tolist()):
        labels, scores = case.sequences(row)
        expected = scores[scores > -torch.inf].sort(descending=True).values[:k]
        torch.testing.assert_close(most.scores[row, : len(expected)].double(), expected, **case.tolerance)
        assert (most.scores[row, len(expected) :] == -torch.inf).all()
        assert (most.labels[row, len(expected) :] == -1).all()
        assert (most.labels[row, :, length:] == -1).all()
        found = [tuple(sequence[:length]) for sequence in most.labels[row, : len(expected)].tolist()]
        assert len(set(found)) == len(found)
        by_sequence = {tuple(sequence): score for sequence, score in zip(labels.tolist(), scores, strict=True)}
        torch.testing.assert_close(torch.stack([by_sequence[each] for each in found]), expected, **case.tolerance)


@SMALL
@given(cases(), st.integers(0, 1000))
def test_divergence_from_and_to_chains(case: Case, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    other = torch.randn(case.emissions.shape, generator=generator).to(case.emissions)
    other = other.masked_fill(case.emissions == -torch.inf, -torch.inf)
    target = Case(torch.where(case.emissions.isfinite() | other.isinf(), other, 0.0), case.lengths)
    found = cross_entropy(target.labels, case.labels)
    for row in range(len(found)):
        p, scores = target.sequences(row)[1].softmax(0), case.sequences(row)[1]
        expected = -torch.where(p == 0, 0.0, p * scores.log_softmax(0)).sum()
        torch.testing.assert_close(found[row].double(), expected, rtol=1e-5, atol=1e-4)
    for one, two in ((target.chain, case.labels), (target.labels, case.chain)):
        torch.testing.assert_close(cross_entropy(one, two), found, rtol=1e-5, atol=1e-3)


@SMALL
@given(cases(), st.data())
def test_window(case: Case, data: st.DataObject) -> None:
    words, count = case.emissions.shape[1:]
    width, spans = data.draw(st.integers(1, words + 2)), data.draw(st.integers(0, 6))
    rows = torch.tensor([data.draw(st.integers(0, len(case.lengths) - 1)) for _ in range(spans)], dtype=torch.long)
    first = torch.tensor([data.draw(st.integers(-2, words + 1)) for _ in range(spans)], dtype=torch.long)
    generator = torch.Generator().manual_seed(data.draw(st.integers(0, 1000)))
    allowed = torch.rand(spans, width, count, generator=generator) < data.draw(st.sampled_from([0.3, 0.7, 1.1]))
    found = case.labels.window_log_prob(rows, first, allowed)
    for span in range(spans):
        labels, scores = case.sequences(int(rows[span]))
        inside = torch.ones(len(labels), dtype=torch.bool)
        for j in range(width):
            at = int(first[span]) + j
            if 0 <= at < labels.shape[1]:
                inside &= allowed[span, j][labels[:, at]]
        expected = scores[inside].logsumexp(0) - scores.logsumexp(0)
        torch.testing.assert_close(found[span].double(), expected, rtol=1e-5, atol=1e-6)


@SMALL
@given(cases(scales=(1.0, 1e4)), st.integers(0, 1000))
def test_samples_are_possible(case: Case, seed: int) -> None:
    samples = case.labels.sample(3, torch.Generator().manual_seed(seed))
    assert torch.isfinite(case.labels.log_prob(samples)).all()
    for row, length in enumerate(case.lengths.tolist()):
        assert (samples[row, :, length:] == -1).all()


@SMALL
@given(cases(scales=(1.0, 30.0, 1e4)))
def test_gradient_is_the_marginals(case: Case) -> None:
    emissions = case.emissions.requires_grad_(True)
    gradient = torch.autograd.grad(IndependentLabels(emissions, case.lengths).log_partition().sum(), emissions)[0]
    torch.testing.assert_close(gradient, case.labels.label_marginals(), rtol=0, atol=1e-6)


def test_samples_follow_the_distribution() -> None:
    torch.manual_seed(0)
    labels = IndependentLabels(torch.randn(2, 3, 3), torch.tensor([3, 2]))
    samples = labels.sample(40_000, torch.Generator().manual_seed(1))
    shares = torch.nn.functional.one_hot(samples.clamp(min=0), 3).double().mean(1)
    expected = labels.marginals().emissions.double()
    torch.testing.assert_close(shares[0], expected[0], rtol=0, atol=0.01)
    torch.testing.assert_close(shares[1, :2], expected[1, :2], rtol=0, atol=0.01)
