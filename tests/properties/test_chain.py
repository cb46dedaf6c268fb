"""Every call of the linear chain against the enumeration of all its sequences."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from syntagma.structures import LinearChain, cross_entropy, kl

pytestmark = pytest.mark.usefixtures("every_kernel")
SMALL = settings(max_examples=60, deadline=None)


@dataclass
class Case:
    """Scores of a ragged batch in which every row has a path, and how its result may differ."""

    emissions: Tensor
    transitions: Tensor
    start: Tensor | None
    end: Tensor | None
    lengths: Tensor

    @property
    def chain(self) -> LinearChain:
        return LinearChain(self.emissions, self.transitions, self.start, self.end, self.lengths)

    @property
    def tolerance(self) -> dict[str, float]:
        precise = self.emissions.dtype == torch.float64
        return {"rtol": 1e-10, "atol": 1e-9} if precise else {"rtol": 2e-6, "atol": 2e-6}

    def paths(self, row: int) -> tuple[Tensor, Tensor]:
        """All sequences `[paths, length]` of a row and their scores `[paths]`, in float64."""
        length, count = int(self.lengths[row]), self.emissions.shape[-1]
        labels = torch.tensor(list(itertools.product(range(count), repeat=length)))
        scores = [self._score(row, path) for path in labels.tolist()]
        return labels, torch.stack(scores)

    def _score(self, row: int, path: list[int]) -> Tensor:
        total = torch.zeros((), dtype=torch.float64)
        for i, label in enumerate(path):
            total = total + self.emissions[row, i, label].double()
            if i:
                table = self.transitions if self.transitions.dim() == 2 else self.transitions[row, i - 1]
                total = total + table[path[i - 1], label].double()
        for end, label in ((self.start, path[0]), (self.end, path[-1])):
            if end is not None:
                total = total + (end if end.dim() == 1 else end[row])[label].double()
        return total

    def rows(self) -> range:
        return range(self.emissions.shape[0])


@st.composite
def cases(draw: st.DrawFn, scales: tuple[float, ...] = (0.0, 1.0, 30.0, 1e4), forbid: bool = True) -> Case:
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    batch, words, count = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 4))
    dtype, scale = draw(st.sampled_from([torch.float32, torch.float64])), draw(st.sampled_from(scales))

    def scores(*shape: int) -> Tensor:
        numbers = torch.randn(*shape, generator=generator, dtype=torch.float64) * scale
        if draw(st.booleans()):
            numbers = numbers.round()  # ties
        return numbers.to(dtype)

    tables = draw(st.booleans())
    transitions = scores(batch, words - 1, count, count) if tables else scores(count, count)
    ends = st.sampled_from([None, (count,), (batch, count)])
    start, end = (None if (shape := draw(ends)) is None else scores(*shape) for _ in range(2))
    lengths = torch.tensor([draw(st.integers(1, words)) for _ in range(batch)])
    case = Case(scores(batch, words, count), transitions, start, end, lengths)
    if forbid and draw(st.booleans()):
        _forbid(case, generator)
    for row in case.rows():  # what is in padding must not matter
        case.emissions[row, lengths[row] :] = draw(st.sampled_from([0.0, 1e30, float("nan"), -torch.inf]))
    return case


def _forbid(case: Case, generator: torch.Generator) -> None:
    """Make three in ten scores -inf, but never those of one path through each row."""
    label = int(torch.randint(case.emissions.shape[-1], (), generator=generator))
    for scores in (case.emissions, case.transitions, case.start, case.end):
        if scores is None:
            continue
        kept = scores[..., label].clone() if scores is not case.transitions else scores[..., label, label].clone()
        scores.masked_fill_(torch.rand(scores.shape, generator=generator) < 0.3, -torch.inf)
        if scores is case.transitions:
            scores[..., label, label] = kept
        else:
            scores[..., label] = kept


@SMALL
@given(cases())
def test_partition_and_probabilities(case: Case) -> None:
    log_z = case.chain.log_partition()
    for row in case.rows():
        labels, scores = case.paths(row)
        torch.testing.assert_close(log_z[row].double(), scores.logsumexp(0), **case.tolerance)
        outputs = torch.full((case.emissions.shape[0], len(labels), case.emissions.shape[1]), 0)
        outputs[row, :, : labels.shape[1]] = labels
        expected = scores - scores.logsumexp(0)
        found = case.chain.log_prob(outputs)[row].double()
        torch.testing.assert_close(found, expected, **case.tolerance)
        torch.testing.assert_close(case.chain.log_prob(outputs[:, 0])[row].double(), expected[0], **case.tolerance)


@SMALL
@given(cases())
def test_marginals(case: Case) -> None:
    parts = case.chain.marginals()
    torch.testing.assert_close(case.chain.label_marginals(), parts.emissions.detach(), rtol=0, atol=0)
    for row in case.rows():
        labels, scores = case.paths(row)
        expected = _expected_parts(labels, scores.softmax(0), case)
        for name, part in expected.items():
            found = getattr(parts, name)[row].double()
            torch.testing.assert_close(found, part, rtol=0, atol=1e-6 if case.tolerance["rtol"] > 1e-9 else 1e-10)


def _expected_parts(labels: Tensor, probabilities: Tensor, case: Case) -> dict[str, Tensor]:
    words, count = case.emissions.shape[1:]
    length = labels.shape[1]
    emissions = torch.zeros(words, count, dtype=torch.float64)
    transitions = torch.zeros(words - 1, count, count, dtype=torch.float64)
    for path, p in zip(labels.tolist(), probabilities, strict=True):
        for i, label in enumerate(path):
            emissions[i, label] += p
            if i:
                transitions[i - 1, path[i - 1], label] += p
    return {"emissions": emissions, "transitions": transitions, "start": emissions[0], "end": emissions[length - 1]}


@SMALL
@given(cases())
def test_argmax(case: Case) -> None:
    best = case.chain.argmax()
    for row in case.rows():
        labels, scores = case.paths(row)
        length = labels.shape[1]
        assert (best.labels[row, length:] == -1).all()
        torch.testing.assert_close(best.scores[row].double(), scores.max(), **case.tolerance)
        found = (labels == best.labels[row, :length]).all(1).nonzero().item()
        torch.testing.assert_close(scores[found], scores.max(), **case.tolerance)


@SMALL
@given(cases(scales=(1.0,)))
def test_of_equals_the_lowest_last_label(case: Case) -> None:
    """Whole numbers add up without rounding, so equals are equal in every kernel."""
    parts = (case.emissions, case.transitions, case.start, case.end)
    chain = LinearChain(*(None if part is None else part.round() for part in parts), case.lengths)
    rounded = Case(chain.emissions, chain.transitions, chain.start, chain.end, case.lengths)
    for row, length in enumerate(case.lengths.tolist()):
        labels, scores = rounded.paths(row)
        best = min(path[::-1] for path in labels[scores == scores.max()].tolist())[::-1]
        assert chain.argmax().labels[row, :length].tolist() == best
        assert chain.topk(1).labels[row, 0, :length].tolist() == best


@SMALL
@given(cases(), st.integers(1, 20))
def test_topk(case: Case, k: int) -> None:
    best = case.chain.topk(k)
    for row in case.rows():
        labels, scores = case.paths(row)
        expected = scores[scores > -torch.inf].sort(descending=True).values[:k]
        torch.testing.assert_close(best.scores[row, : len(expected)].double(), expected, **case.tolerance)
        assert (best.scores[row, len(expected) :] == -torch.inf).all()
        assert (best.labels[row, len(expected) :] == -1).all()
        found = [tuple(path[: labels.shape[1]]) for path in best.labels[row, : len(expected)].tolist()]
        assert len(set(found)) == len(found)
        by_path = {tuple(path): score for path, score in zip(labels.tolist(), scores, strict=True)}
        torch.testing.assert_close(torch.stack([by_path[path] for path in found]), expected, **case.tolerance)


@SMALL
@given(cases(), st.integers(0, 1000))
def test_entropy_and_divergence(case: Case, seed: int) -> None:
    entropy = case.chain.entropy()
    for row in case.rows():
        _, scores = case.paths(row)
        p = scores.softmax(0)
        torch.testing.assert_close(entropy[row].double(), torch.special.entr(p).sum(), **_loose(case))
    torch.testing.assert_close(case.chain.marginals().entropy(), entropy, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(kl(case.chain, case.chain), torch.zeros_like(entropy), **_loose(case))
    generator = torch.Generator().manual_seed(seed)
    emissions, transitions = (
        torch.randn(scores.shape, generator=generator, dtype=scores.dtype) * 3
        for scores in (case.emissions, case.transitions)
    )
    _check_cross_entropy(Case(emissions, transitions, None, None, case.lengths), case)
    emissions = emissions.masked_fill(case.emissions == -torch.inf, -torch.inf)  # else most are infinite
    _check_cross_entropy(Case(emissions, case.transitions, case.start, case.end, case.lengths), case)


def _check_cross_entropy(target: Case, case: Case) -> None:
    for row, found in enumerate(cross_entropy(target.chain, case.chain)):
        p, scores = target.paths(row)[1].softmax(0), case.paths(row)[1]
        expected = -torch.where(p == 0, 0.0, p * scores.log_softmax(0)).sum()
        torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-4)


def _loose(case: Case) -> dict[str, float]:
    """Two numbers of the scores' magnitude have been taken from each other."""
    return {"rtol": 1e-6, "atol": 1e-9 * (1 + case.emissions.nan_to_num(0, 0, 0).clamp(-1e5, 1e5).abs().max().item())}


@SMALL
@given(cases(), st.data())
def test_window(case: Case, data: st.DataObject) -> None:
    words, count = case.emissions.shape[1:]
    width, spans = data.draw(st.integers(1, words + 2)), data.draw(st.integers(0, 6))
    rows = torch.tensor([data.draw(st.sampled_from(case.rows())) for _ in range(spans)], dtype=torch.long)
    first = torch.tensor([data.draw(st.integers(-2, words + 1)) for _ in range(spans)], dtype=torch.long)
    chance = data.draw(st.sampled_from([0.3, 0.7, 1.1]))
    generator = torch.Generator().manual_seed(data.draw(st.integers(0, 1000)))
    allowed = torch.rand(spans, width, count, generator=generator) < chance
    found = case.chain.window_log_prob(rows, first, allowed)
    for span in range(spans):
        labels, scores = case.paths(int(rows[span]))
        inside = torch.ones(len(labels), dtype=torch.bool)
        for j in range(width):
            at = int(first[span]) + j
            if 0 <= at < labels.shape[1]:
                inside &= allowed[span, j][labels[:, at]]
        expected = scores[inside].logsumexp(0) - scores.logsumexp(0)
        torch.testing.assert_close(found[span].double(), expected, rtol=1e-5, atol=1e-6)


@SMALL
@given(cases(scales=(1.0,)), st.integers(0, 1000))
def test_samples_are_paths_in_proportion(case: Case, seed: int) -> None:
    samples = case.chain.sample(3, torch.Generator().manual_seed(seed))
    assert torch.isfinite(case.chain.log_prob(samples)).all()
    for row, length in enumerate(case.lengths.tolist()):
        assert (samples[row, :, length:] == -1).all()


@SMALL
@given(cases(scales=(1.0, 30.0)))
def test_batch_mates_and_padding_change_nothing(case: Case) -> None:
    together = case.chain
    for row in case.rows():
        length = int(case.lengths[row])
        table = case.transitions if case.transitions.dim() == 2 else case.transitions[row : row + 1, : length - 1]
        start, end = (
            part[row : row + 1] if part is not None and part.dim() == 2 else part for part in (case.start, case.end)
        )
        alone = LinearChain(case.emissions[row : row + 1, :length], table, start, end)
        torch.testing.assert_close(alone.log_partition()[0], together.log_partition()[row], **case.tolerance)
        torch.testing.assert_close(
            alone.marginals().emissions[0], together.marginals().emissions[row, :length], rtol=0, atol=1e-6
        )
        assert alone.argmax().labels[0].tolist() == together.argmax().labels[row, :length].tolist()


@SMALL
@given(cases(scales=(1.0, 30.0, 1e4)))
def test_gradient_is_that_of_enumeration(case: Case) -> None:
    """The log-partition differentiated by our formulas, and by autograd through all sequences."""
    leaves = _leaves(case)
    chain = case.chain
    ours = torch.autograd.grad(chain.log_partition().sum(), leaves, retain_graph=True, allow_unused=True)
    theirs = torch.autograd.grad(sum(case.paths(row)[1].logsumexp(0) for row in case.rows()), leaves, allow_unused=True)
    for found, expected in zip(ours, theirs, strict=True):
        assert found is not None
        torch.testing.assert_close(found, torch.zeros_like(found) if expected is None else expected, rtol=0, atol=2e-6)


def _leaves(case: Case) -> list[Tensor]:
    case.emissions = torch.nan_to_num(case.emissions, nan=0.0, neginf=-torch.inf)
    leaves = [part for part in (case.emissions, case.transitions, case.start, case.end) if part is not None]
    for leaf in leaves:
        leaf.requires_grad_(True)
    return leaves


@pytest.mark.parametrize("tables", [False, True])
def test_samples_follow_the_distribution(tables: bool) -> None:
    torch.manual_seed(0)
    transitions = torch.randn(2, 2, 3, 3) if tables else torch.randn(3, 3)
    case = Case(torch.randn(2, 3, 3), transitions, torch.randn(3), torch.randn(3), torch.tensor([3, 2]))
    samples = case.chain.sample(40_000, torch.Generator().manual_seed(1))
    for row in case.rows():
        labels, scores = case.paths(row)
        place = (samples[row, :, : labels.shape[1]] * 3 ** torch.arange(labels.shape[1] - 1, -1, -1)).sum(1)
        share = torch.bincount(place, minlength=len(labels)) / samples.shape[1]
        torch.testing.assert_close(share.double(), scores.softmax(0), rtol=0, atol=0.012)
