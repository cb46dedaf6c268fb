"""Graphs of arcs: every call against the enumeration of all graphs, and what is refused."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures import cross_entropy, kl
from syntagma.structures.arc_graph import ArcGraph

SMALL = settings(max_examples=40, deadline=None)


@dataclass
class Case:
    """Scores of a ragged batch."""

    arcs: Tensor
    relations: Tensor | None
    lengths: Tensor

    @property
    def graph(self) -> ArcGraph:
        return ArcGraph(self.arcs, self.lengths, self.relations)

    @property
    def tolerance(self) -> dict[str, float]:
        precise = self.arcs.dtype == torch.float64
        return {"rtol": 1e-10, "atol": 1e-9} if precise else {"rtol": 2e-6, "atol": 2e-6}

    def outputs(self, row: int) -> tuple[Tensor, Tensor]:
        """All graphs of a row as relations, -1 for no arc and 0 for one without, and scores in float64."""
        length = int(self.lengths[row])
        arcs = [(word, head) for word in range(length) for head in range(length + 1) if head != word + 1]
        count = 1 if self.relations is None else self.relations.shape[-1]
        graphs, scores = [], []
        for choice in itertools.product(range(-1, count), repeat=len(arcs)):
            graph = torch.full(self.arcs.shape[1:], -1)
            score = torch.zeros((), dtype=torch.float64)
            for (word, head), relation in zip(arcs, choice, strict=True):
                graph[word, head] = relation
                if relation >= 0:
                    score = score + self.arcs[row, word, head].double()
                    if self.relations is not None:
                        score = score + self.relations[row, word, head, relation].double()
            graphs.append(graph)
            scores.append(score)
        return torch.stack(graphs), torch.stack(scores)

    def given(self, graphs: Tensor) -> Tensor:
        """Graphs as the structure takes them."""
        return graphs >= 0 if self.relations is None else graphs


@st.composite
def cases(draw: st.DrawFn, scales: tuple[float, ...] = (0.0, 1.0, 30.0, 1e4)) -> Case:
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    labelled = draw(st.booleans())
    batch, words = draw(st.integers(1, 2)), draw(st.integers(1, 2 if labelled else 3))
    dtype, scale = draw(st.sampled_from([torch.float32, torch.float64])), draw(st.sampled_from(scales))
    shapes = [(batch, words, words + 1), (batch, words, words + 1, 2)]
    scores = [torch.randn(shape, generator=generator, dtype=torch.float64) * scale for shape in shapes]
    if draw(st.booleans()):
        scores = [part.round() for part in scores]  # ties
    if draw(st.booleans()):
        scores = [part.masked_fill(torch.rand(part.shape, generator=generator) < 0.3, -torch.inf) for part in scores]
    arcs, relations = (part.to(dtype) for part in scores)
    lengths = torch.tensor([draw(st.integers(1, words)) for _ in range(batch)])
    odd = draw(st.sampled_from([0.0, 1e30, float("nan"), -torch.inf]))  # what is in padding must not matter
    for row, length in enumerate(lengths.tolist()):
        for part in (arcs, relations):
            part[row, length:], part[row, :, length + 1 :] = odd, odd
            part[row, torch.arange(words), torch.arange(1, words + 1)] = odd
    return Case(arcs, relations if labelled else None, lengths)


@SMALL
@given(cases(), st.integers(1, 10))
def test_every_call(case: Case, k: int) -> None:
    graph = case.graph
    log_z, marginals, entropy, best, few = (
        graph.log_partition(),
        graph.marginals(),
        graph.entropy(),
        graph.argmax(),
        graph.topk(k),
    )
    samples = graph.sample(2, torch.Generator().manual_seed(k))
    assert torch.isfinite(graph.log_prob(samples)).all()
    torch.testing.assert_close(kl(graph, graph), torch.zeros_like(entropy), rtol=0, atol=1e-3)
    for row in range(len(case.arcs)):
        outputs, scores = case.outputs(row)
        p = scores.softmax(0)
        torch.testing.assert_close(log_z[row].double(), scores.logsumexp(0), **case.tolerance)
        expected = (p.view(-1, 1, 1) * (outputs >= 0)).sum(0)
        torch.testing.assert_close(marginals.arcs[row].double(), expected, rtol=0, atol=1e-6)
        if marginals.relations is not None:
            for relation in range(2):
                expected = (p.view(-1, 1, 1) * (outputs == relation)).sum(0)
                torch.testing.assert_close(
                    marginals.relations[row, ..., relation].double(), expected, rtol=0, atol=1e-6
                )
        torch.testing.assert_close(entropy[row].double(), torch.special.entr(p).sum(), rtol=1e-5, atol=1e-4)
        torch.testing.assert_close(best.scores[row].double(), scores.max(), **case.tolerance)
        _check_scores(case, row, outputs, scores)
        found = [tuple(output.flatten().tolist()) for output in few.outputs[row]]
        every = scores[scores > -torch.inf].sort(descending=True).values[:k]
        torch.testing.assert_close(few.scores[row, : len(every)].double(), every, **case.tolerance)
        assert len(set(found[: len(every)])) == len(every)
        assert (few.scores[row, len(every) :] == -torch.inf).all()


def _check_scores(case: Case, row: int, outputs: Tensor, scores: Tensor) -> None:
    alone = Case(
        case.arcs[row : row + 1],
        None if case.relations is None else case.relations[row : row + 1],
        case.lengths[row : row + 1],
    ).graph
    found = alone.log_prob(case.given(outputs).unsqueeze(0))[0].double()
    torch.testing.assert_close(found, scores - scores.logsumexp(0), **case.tolerance)
    assert alone.score(case.given(outputs[:1]))[0] == 0


def test_derivatives_with_forbidden_arcs() -> None:
    generator = torch.Generator().manual_seed(0)
    arcs = torch.randn(2, 2, 3, generator=generator, dtype=torch.float64).requires_grad_(True)
    relations = torch.randn(2, 2, 3, 2, generator=generator, dtype=torch.float64).requires_grad_(True)
    forbidden = torch.rand(2, 2, 3, generator=generator) < 0.3

    def graph(arcs: Tensor, relations: Tensor) -> ArcGraph:
        return ArcGraph(arcs.masked_fill(forbidden, -torch.inf), torch.tensor([2, 1]), relations)

    for call in (ArcGraph.log_partition, ArcGraph.entropy):
        assert torch.autograd.gradcheck(lambda *scores, call=call: call(graph(*scores)), (arcs, relations))
        assert torch.autograd.gradgradcheck(lambda *scores, call=call: call(graph(*scores)), (arcs, relations))


def test_samples_follow_the_distribution() -> None:
    arcs = torch.randn(1, 2, 3, generator=torch.Generator().manual_seed(0))
    graph = ArcGraph(arcs, relations=torch.tensor([0.0, 1.0]).expand(1, 2, 3, 2))
    samples = graph.sample(20_000, torch.Generator().manual_seed(1))[0]
    marginals = graph.marginals()
    torch.testing.assert_close((samples >= 0).float().mean(0), marginals.arcs[0], rtol=0, atol=0.012)
    torch.testing.assert_close((samples == 1).float().mean(0), marginals.relations[0, ..., 1], rtol=0, atol=0.012)


def test_what_is_refused() -> None:
    arcs, relations = torch.zeros(2, 3, 4), torch.zeros(2, 3, 4, 2)
    plain, labelled = ArcGraph(arcs), ArcGraph(arcs, relations=relations)
    for graphs, graph, message in (
        (torch.zeros(2, 3, 3, dtype=torch.bool), plain, "graphs have shape [2, 3, 3]. Give them as [2, 3, 4]"),
        (torch.zeros(2, 3, 4), plain, "graphs are torch.float32. Without relations they are torch.bool"),
        (torch.zeros(2, 3, 4, dtype=torch.bool), labelled, "graphs are torch.bool. Give each arc's relation"),
        (torch.full((2, 3, 4), 2), labelled, "a graph has relation 2. Relations are from 0 to 1"),
    ):
        with pytest.raises(StructureError, match=re.escape(message)):
            graph.score(graphs)
    arcs[1, 0, 0] = float("nan")
    for call in ("log_partition", "marginals", "argmax", "entropy"):
        with pytest.raises(StructureError, match="row 1 has NaN among its scores of arcs"):
            getattr(ArcGraph(arcs), call)()


def test_a_word_is_never_its_own_head() -> None:
    graph = ArcGraph(torch.zeros(1, 2, 3))
    own = torch.zeros(1, 2, 3, dtype=torch.bool)
    own[0, 0, 1] = True
    assert graph.log_prob(own) == -torch.inf
    assert not graph.sample(50)[:, :, 0, 1].any()


def test_a_detached_teacher() -> None:
    arcs = torch.zeros(1, 2, 3, requires_grad=True)
    teacher = ArcGraph(arcs).detach()
    cross_entropy(teacher, ArcGraph(arcs)).sum().backward()
    assert not teacher.log_partition().requires_grad
    torch.testing.assert_close(arcs.grad, torch.zeros(1, 2, 3))
