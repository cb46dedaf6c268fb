"""Independent heads and non-projective trees: every call against the enumeration of all heads and relations."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from syntagma.structures import ArcParts, cross_entropy, kl
from syntagma.structures.arc_structure import ArcStructure
from syntagma.structures.heads import IndependentHeads
from syntagma.structures.kernels.dispatch import Kernel, use_kernel
from syntagma.structures.nonprojective_tree import NonProjectiveTree

SMALL = settings(max_examples=40, deadline=None)
KERNELS: list[Kernel] = ["reference", "cpu"] if find_spec("numba") else ["reference"]
KINDS = ["heads", "many roots", "one root"]


def is_tree(heads: tuple[int, ...], kind: str) -> bool:
    """Whether all words reach the root, and one alone directly where that is asked for."""
    if kind == "one root" and heads.count(0) != 1:
        return False
    for head in heads:
        for _ in heads:
            head = heads[head - 1] if head else 0
        if head:
            return False
    return True


def all_heads(words: int, kind: str) -> Iterator[tuple[int, ...]]:
    """Every choice of heads that is an output."""
    for heads in itertools.product(range(words + 1), repeat=words):
        if all(head != word for word, head in enumerate(heads, 1)) and (kind == "heads" or is_tree(heads, kind)):
            yield heads


@dataclass
class Case:
    """Scores of a ragged batch in which every row has an output."""

    kind: str
    arcs: Tensor
    relations: Tensor | None
    lengths: Tensor

    @property
    def structure(self) -> ArcStructure:
        if self.kind == "heads":
            return IndependentHeads(self.arcs, self.lengths, self.relations)
        return NonProjectiveTree(self.arcs, self.lengths, self.relations, single_root=self.kind == "one root")

    @property
    def tolerance(self) -> dict[str, float]:
        precise = self.arcs.dtype == torch.float64
        return {"rtol": 1e-10, "atol": 1e-9} if precise else {"rtol": 2e-6, "atol": 2e-6}

    def rows(self) -> range:
        return range(self.arcs.shape[0])

    def outputs(self, row: int) -> tuple[Tensor, Tensor]:
        """All outputs of a row, padded with -1, `[outputs, words]` or `[outputs, words, 2]`, and scores in float64."""
        length = int(self.lengths[row])
        count = 1 if self.relations is None else self.relations.shape[-1]
        labels = list(itertools.product(range(count), repeat=length))
        pairs = list(itertools.product(all_heads(length, self.kind), labels))
        heads, relations = (torch.tensor([pair[i] for pair in pairs]) for i in (0, 1))
        words = torch.arange(length)
        scores = self.arcs[row, words, heads].double()
        if self.relations is not None:
            scores = scores + self.relations[row, words, heads, relations].double()
        outputs = heads if self.relations is None else torch.stack([heads, relations], -1)
        padded = outputs.new_full((len(outputs), self.arcs.shape[1], *outputs.shape[2:]), -1)
        padded[:, :length] = outputs
        return padded, scores.sum(1)

    def everywhere(self, row: int, outputs: Tensor) -> Tensor:
        """Outputs of one row, beside zeros in the others."""
        batch = outputs.new_zeros(len(self.arcs), *outputs.shape)
        batch[row] = outputs
        for other in self.rows():  # the first output of each, for zeros may be none
            if other != row:
                batch[other] = self.outputs(other)[0][:1]
        return batch


@st.composite
def cases(draw: st.DrawFn, scales: tuple[float, ...] = (0.0, 1.0, 30.0, 1e4)) -> Case:
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    labelled = draw(st.booleans())
    batch, words = draw(st.integers(1, 3)), draw(st.integers(1, 3 if labelled else 4))
    dtype, scale = draw(st.sampled_from([torch.float32, torch.float64])), draw(st.sampled_from(scales))
    kind = draw(st.sampled_from(KINDS))

    def scores(*shape: int) -> Tensor:
        numbers = torch.randn(*shape, generator=generator, dtype=torch.float64) * scale
        return (numbers.round() if draw(st.booleans()) else numbers).to(dtype)

    arcs = scores(batch, words, words + 1)
    relations = scores(batch, words, words + 1, 2) if labelled else None
    lengths = torch.tensor([draw(st.integers(1, words)) for _ in range(batch)])
    forbid = draw(st.booleans())
    for row, length in enumerate(lengths.tolist()):
        if forbid:
            kept = draw(st.sampled_from(list(all_heads(length, kind))))
            _forbid(arcs[row], None if relations is None else relations[row], kept, generator)
        odd = draw(st.sampled_from([0.0, 1e30, float("nan"), -torch.inf]))  # what is in padding must not matter
        arcs[row, length:], arcs[row, :, length + 1 :] = odd, odd
        arcs[row, torch.arange(words), torch.arange(1, words + 1)] = odd
        if relations is not None:
            relations[row, length:], relations[row, :, length + 1 :] = odd, odd
    return Case(kind, arcs, relations, lengths)


def _forbid(arcs: Tensor, relations: Tensor | None, kept: tuple[int, ...], generator: torch.Generator) -> None:
    """Make four in ten scores -inf, but not those of one output."""
    at = torch.arange(len(kept)), torch.tensor(kept)
    for scores in (arcs, relations):
        if scores is not None:
            forbidden = torch.rand(scores.shape, generator=generator) < 0.4
            forbidden[at if scores is arcs else (*at, 0)] = False
            scores.masked_fill_(forbidden, -torch.inf)


@SMALL
@given(cases(), st.sampled_from(KERNELS))
def test_partition_and_probabilities(case: Case, kernel: Kernel) -> None:
    with use_kernel(kernel):
        log_z = case.structure.log_partition()
    for row in case.rows():
        outputs, scores = case.outputs(row)
        torch.testing.assert_close(log_z[row].double(), scores.logsumexp(0), **case.tolerance)
        found = case.structure.log_prob(case.everywhere(row, outputs))[row].double()
        torch.testing.assert_close(found, scores - scores.logsumexp(0), **case.tolerance)
        alone = case.structure.score(case.everywhere(row, outputs)[:, 0])[row].double()
        torch.testing.assert_close(alone, scores[0], **case.tolerance)


@SMALL
@given(cases(), st.sampled_from(KERNELS))
def test_marginals(case: Case, kernel: Kernel) -> None:
    with use_kernel(kernel):
        found = case.structure.marginals()
    for row in case.rows():
        expected = _expected(case, *case.outputs(row))
        tolerance = 1e-10 if case.arcs.dtype == torch.float64 else 1e-6
        torch.testing.assert_close(found.arcs[row].double(), expected.arcs, rtol=0, atol=tolerance)
        if expected.relations is not None:
            assert found.relations is not None
            torch.testing.assert_close(found.relations[row].double(), expected.relations, rtol=0, atol=tolerance)


def _expected(case: Case, outputs: Tensor, scores: Tensor) -> ArcParts:
    arcs = torch.zeros(case.arcs.shape[1:], dtype=torch.float64)
    relations = None if case.relations is None else torch.zeros(case.relations.shape[1:], dtype=torch.float64)
    for output, p in zip(outputs.tolist(), scores.softmax(0), strict=True):
        for word, choice in enumerate(output):
            head, relation = (choice, 0) if relations is None else choice
            if head >= 0:
                arcs[word, head] += p
                if relations is not None:
                    relations[word, head, relation] += p
    return ArcParts(arcs, relations)


@SMALL
@given(cases(), st.sampled_from(KERNELS))
def test_argmax(case: Case, kernel: Kernel) -> None:
    with use_kernel(kernel):
        best = case.structure.argmax()
    for row in case.rows():
        outputs, scores = case.outputs(row)
        torch.testing.assert_close(best.scores[row].double(), scores.max(), **case.tolerance)
        found = (outputs == best.outputs[row]).flatten(1).all(1).nonzero().item()
        torch.testing.assert_close(scores[found], scores.max(), **case.tolerance)


@SMALL
@given(cases(), st.integers(1, 12), st.sampled_from(KERNELS))
def test_topk(case: Case, k: int, kernel: Kernel) -> None:
    with use_kernel(kernel):
        best = case.structure.topk(k)
    for row in case.rows():
        outputs, scores = case.outputs(row)
        expected = scores[scores > -torch.inf].sort(descending=True).values[:k]
        count = len(expected)
        torch.testing.assert_close(best.scores[row, :count].double(), expected, **case.tolerance)
        assert (best.scores[row, count:] == -torch.inf).all()
        assert (best.outputs[row, count:] == -1).all()
        by_output = dict(zip(map(_key, outputs), scores, strict=True))
        found = [_key(output) for output in best.outputs[row, :count]]
        assert len(set(found)) == count
        torch.testing.assert_close(torch.stack([by_output[key] for key in found]), expected, **case.tolerance)


def _key(output: Tensor) -> tuple[int, ...]:
    return tuple(output.flatten().tolist())


@SMALL
@given(cases())
def test_entropy_and_divergence(case: Case) -> None:
    loose = {"rtol": 1e-6, "atol": 1e-9 * (1 + case.arcs.nan_to_num(0, 0, 0).clamp(-1e5, 1e5).abs().max().item())}
    entropy, structure = case.structure.entropy(), case.structure
    for row in case.rows():
        p = case.outputs(row)[1].softmax(0)
        torch.testing.assert_close(entropy[row].double(), torch.special.entr(p).sum(), **loose)
    torch.testing.assert_close(kl(structure, structure), torch.zeros_like(entropy), **loose)
    softer = Case(case.kind, case.arcs / 2, None if case.relations is None else case.relations / 2, case.lengths)
    for row, found in enumerate(cross_entropy(structure, softer.structure)):
        p, log_q = case.outputs(row)[1].softmax(0), softer.outputs(row)[1].log_softmax(0)
        expected = -torch.where(p == 0, 0.0, p * log_q).sum()
        torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-4)


@SMALL
@given(cases(), st.integers(0, 1000), st.sampled_from(KERNELS))
def test_samples_are_outputs(case: Case, seed: int, kernel: Kernel) -> None:
    with use_kernel(kernel):
        samples = case.structure.sample(3, torch.Generator().manual_seed(seed))
    assert torch.isfinite(case.structure.log_prob(samples)).all()
    for row, length in enumerate(case.lengths.tolist()):
        assert (samples[row, :, length:] == -1).all()
        assert (samples[row, :, :length] >= 0).all()


@SMALL
@given(cases(scales=(1.0, 30.0)), st.sampled_from(KERNELS))
def test_batch_mates_and_padding_change_nothing(case: Case, kernel: Kernel) -> None:
    with use_kernel(kernel):
        log_z, marginals, best = case.structure.log_partition(), case.structure.marginals(), case.structure.argmax()
        for row in case.rows():
            length = int(case.lengths[row])
            relations = None if case.relations is None else case.relations[row : row + 1, :length, : length + 1]
            arcs = case.arcs[row : row + 1, :length, : length + 1]
            alone = Case(case.kind, arcs, relations, case.lengths[row : row + 1]).structure
            torch.testing.assert_close(alone.log_partition()[0], log_z[row], **case.tolerance)
            found = marginals.arcs[row, :length, : length + 1]
            torch.testing.assert_close(alone.marginals().arcs[0], found, rtol=0, atol=1e-6)
            assert torch.equal(alone.argmax().outputs[0], best.outputs[row, :length])


@SMALL
@given(cases(scales=(1.0, 30.0, 1e4)), st.sampled_from(KERNELS))
def test_gradient_is_that_of_enumeration(case: Case, kernel: Kernel) -> None:
    leaves = [part.requires_grad_(True) for part in (case.arcs, case.relations) if part is not None]
    with use_kernel(kernel):
        ours = torch.autograd.grad(case.structure.log_partition().sum(), leaves)
    theirs = torch.autograd.grad(sum(case.outputs(row)[1].logsumexp(0) for row in case.rows()), leaves)
    for found, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=2e-6)
