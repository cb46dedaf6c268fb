"""The mean-field chain against the values, bounds and symmetries of AIN (arXiv 2009.08229), and at its edges."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures import IndependentLabels, LinearChain, MeanFieldChain, SecondOrder, cross_entropy, kl


def _double(*rows: object) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


EMISSIONS = _double([[1, 0], [0, 0.5], [0.2, 0.4]])
FIRST = (_double([0.5, -0.5], [-0.25, 1]), _double(0.3, -0.3), _double(-0.1, 0.2))
SECOND = SecondOrder(_double([0.2, 0], [0, -0.4]), _double(0.1, 0), _double(0, 0.3))


@pytest.mark.parametrize(
    ("iterations", "second", "expected"),
    [
        (1, None, [[1.177541, 0.228074], [0.248460, 0.840705], [0.133156, 1.033689]]),
        (3, None, [[1.073365, 0.358293], [0.062548, 1.084259], [0.055024, 1.189952]]),
        (3, SECOND, [[1.145950, 0.068455], [0.226298, 1.279204], [0.214364, 1.076318]]),
    ],
)
def test_known_logits(iterations: int, second: SecondOrder | None, expected: list[list[float]]) -> None:
    chain = MeanFieldChain(EMISSIONS, *FIRST, second=second, iterations=iterations)
    torch.testing.assert_close(chain.emissions[0], torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-6)
    if second is None:
        assert chain.argmax().labels.tolist() == [[0, 1, 1]]


def test_the_exact_chain_beside_it() -> None:
    exact = LinearChain(EMISSIONS, *FIRST)
    assert exact.log_partition().item() == pytest.approx(4.094888, abs=1e-6)
    expected = [[0.650337, 0.349663], [0.323124, 0.676876], [0.301341, 0.698659]]
    torch.testing.assert_close(exact.label_marginals()[0], torch.tensor(expected).double(), rtol=0, atol=1e-6)
    assert exact.argmax().labels.tolist() == [[0, 1, 1]]
    approximate = MeanFieldChain(EMISSIONS, *FIRST)
    torch.testing.assert_close(kl(approximate, exact), exact.log_partition() - approximate.elbo())


@pytest.mark.parametrize("iterations", [0, 1, 3])
def test_without_tables_it_is_a_softmax(iterations: int) -> None:
    zero = torch.zeros(2, 2, dtype=torch.float64)
    chain = MeanFieldChain(
        EMISSIONS, zero, second=SecondOrder(zero), ternary=torch.zeros(2, 2, 2), iterations=iterations
    )
    torch.testing.assert_close(chain.emissions, EMISSIONS)
    torch.testing.assert_close(chain.entropy(), IndependentLabels(EMISSIONS).entropy())


def test_small_tables_come_close_and_the_bound_holds_and_grows() -> None:
    """200 chains of 4 words and 3 labels at once, three scales of tables."""
    generator = torch.Generator().manual_seed(0)
    for scale, worst in ((0.1, 0.01), (0.3, 0.1), (0.5, 1.0)):
        emissions = torch.randn(200, 4, 3, generator=generator, dtype=torch.float64)
        table, start, end = (
            torch.randn(200, *shape, generator=generator, dtype=torch.float64) * scale for shape in ((3, 3), (3,), (3,))
        )
        tables = table.unsqueeze(1).expand(-1, 3, -1, -1)
        exact = [LinearChain(emissions[i : i + 1], table[i], start[i], end[i]) for i in range(200)]
        close, plain = (MeanFieldChain(emissions, tables, start, end, iterations=m) for m in (3, 0))
        marginals = torch.cat([chain.label_marginals() for chain in exact])
        assert (close.label_marginals() - marginals).abs().max() < worst
        log_z = torch.cat([chain.log_partition() for chain in exact])
        assert (close.elbo() <= log_z + 1e-12).all()
        assert (close.elbo() > plain.elbo()).all()


def _random(batch: int, words: int, count: int, dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(words)
    shapes = {
        "emissions": (batch, words, count),
        "transitions": (count, count),
        "start": (count,),
        "end": (batch, count),
        "skip": (count, count),
        "skip_start": (batch, count),
        "skip_end": (count,),
        "ternary": (count, count, count),
        "transitions_each": (batch, max(words - 1, 0), count, count),
        "skip_each": (batch, max(words - 2, 0), count, count),
    }
    return {name: torch.randn(shape, generator=generator, dtype=dtype) for name, shape in shapes.items()}


def _chain(scores: dict[str, Tensor], lengths: Tensor | None, kind: str, iterations: int = 3) -> MeanFieldChain:
    each = "_each" if kind == "word-dependent" else ""
    second = SecondOrder(scores["skip" + each], scores["skip_start"], scores["skip_end"])
    return MeanFieldChain(
        scores["emissions"],
        scores["transitions" + each],
        scores["start"],
        scores["end"],
        lengths,
        second=None if kind == "first" else second,
        ternary=scores["ternary"] if kind == "ternary" else None,
        iterations=iterations,
    )


KINDS = ["first", "second", "ternary", "word-dependent"]


def _score(scores: dict[str, Tensor], row: int, path: tuple[int, ...], kind: str) -> float:
    """Of one sequence, from the definition, with loops."""
    each, length = kind == "word-dependent", len(path)
    total = sum(float(scores["emissions"][row, i, label]) for i, label in enumerate(path))
    total += float(scores["start"][path[0]] + scores["end"][row, path[-1]])
    for i in range(length - 1):
        table = scores["transitions_each"][row, i] if each else scores["transitions"]
        total += float(table[path[i], path[i + 1]])
    if kind == "first":
        return total
    if length > 1:
        total += float(scores["skip_start"][row, path[1]] + scores["skip_end"][path[-2]])
    for i in range(length - 2):
        table = scores["skip_each"][row, i] if each else scores["skip"]
        total += float(table[path[i], path[i + 2]])
        total += float(scores["ternary"][path[i], path[i + 1], path[i + 2]]) if kind == "ternary" else 0.0
    return total


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("iterations", [0, 1, 3])
def test_elbo_is_mean_score_and_entropy_by_enumeration(kind: str, iterations: int) -> None:
    scores, lengths = _random(4, 4, 3), torch.tensor([4, 3, 2, 1])
    chain = _chain(scores, lengths, kind, iterations)
    log_q = chain.emissions.log_softmax(-1)
    for row, length in enumerate(lengths.tolist()):
        paths = list(itertools.product(range(3), repeat=length))
        log_p = torch.stack([sum(log_q[row, i, label] for i, label in enumerate(path)) for path in paths])
        score = torch.tensor([_score(scores, row, path, kind) for path in paths], dtype=torch.float64)
        torch.testing.assert_close(chain.elbo()[row], (log_p.exp() * (score - log_p)).sum())
        assert chain.elbo()[row] <= score.logsumexp(0)


@pytest.mark.parametrize("kind", KINDS)
def test_one_round_is_the_mean_of_scores_given_the_word(kind: str) -> None:
    """The defining property of mean field: a label's logit is the mean score of the sequences that have it, up to a
    constant, under the others' distribution."""
    scores, lengths = _random(3, 4, 3), torch.tensor([4, 2, 1])
    found, before = (_chain(scores, lengths, kind, m).emissions for m in (2, 1))
    for row, length in enumerate(lengths.tolist()):
        q = before[row].softmax(-1)
        for word in range(length):
            means = []
            for label in range(3):
                total = 0.0
                for path in itertools.product(range(3), repeat=length):
                    if path[word] == label:
                        others = [float(q[i, path[i]]) for i in range(length) if i != word]
                        total += _score(scores, row, path, kind) * float(torch.tensor(others).double().prod())
                means.append(total)
            expected = torch.tensor(means, dtype=torch.float64).log_softmax(-1)
            torch.testing.assert_close(found[row, word].log_softmax(-1), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("padding", [0.0, float("nan"), -torch.inf])
def test_padding_changes_nothing(kind: str, length: int, padding: float) -> None:
    scores, alone = _random(2, 5, 3, torch.float32), {}
    for name, part in scores.items():
        alone[name] = part[1:] if part.shape[0] == 2 and name not in ("transitions", "skip", "ternary") else part
    alone["emissions"] = alone["emissions"][:, :length].clone()
    alone["transitions_each"] = alone["transitions_each"][:, : length - 1].clone()
    alone["skip_each"] = alone["skip_each"][:, : max(length - 2, 0)].clone()
    scores["emissions"][1, length:] = padding
    scores["transitions_each"][1, length - 1 :] = padding
    scores["skip_each"][1, max(length - 2, 0) :] = padding
    together = _chain(scores, torch.tensor([5, length]), kind)
    separate = _chain(alone, None, kind)
    torch.testing.assert_close(together.emissions[1, :length], separate.emissions[0], rtol=0, atol=1e-6)
    assert (together.emissions[1, length:] == 0).all()
    torch.testing.assert_close(together.elbo()[1], separate.elbo()[0])


def test_a_reversed_sentence_gives_the_reversed_result() -> None:
    scores = _random(2, 5, 3)
    second = SecondOrder(scores["skip"], scores["skip_start"], scores["skip_end"])
    backward = SecondOrder(scores["skip"].T, scores["skip_end"], scores["skip_start"])
    ternary = scores["ternary"]
    there = MeanFieldChain(
        scores["emissions"], scores["transitions"], scores["start"], scores["end"], second=second, ternary=ternary
    )
    back = MeanFieldChain(
        scores["emissions"].flip(1),
        scores["transitions"].T,
        scores["end"],
        scores["start"],
        second=backward,
        ternary=ternary.permute(2, 1, 0),
    )
    torch.testing.assert_close(back.emissions.flip(1), there.emissions)


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_through_the_rounds(kind: str) -> None:
    scores = {name: part.requires_grad_(True) for name, part in _random(2, 3, 2).items()}
    names, lengths = list(scores), torch.tensor([3, 2])

    def function(*parts: Tensor) -> tuple[Tensor, Tensor]:
        chain = _chain(dict(zip(names, parts, strict=True)), lengths, kind)
        return chain.log_prob(torch.tensor([[0, 1, 1], [1, 0, 0]])), chain.elbo()

    used = torch.autograd.grad(
        sum(part.sum() for part in function(*scores.values())), scores.values(), allow_unused=True
    )
    assert sum(gradient is not None for gradient in used) == {"first": 4, "second": 7, "ternary": 8}.get(kind, 7)
    assert torch.autograd.gradcheck(function, tuple(scores.values()))


def test_forbidden_labels_stay_forbidden() -> None:
    scores = _random(3, 4, 3, torch.float32)
    scores["emissions"][0, 1, 2], scores["start"][0], scores["end"][1, 1] = (-torch.inf,) * 3
    for part in scores.values():
        part.requires_grad_(True)
    for iterations in (0, 1, 3):
        chain = _chain(scores, torch.tensor([4, 2, 1]), "ternary", iterations)
        p = chain.label_marginals()
        assert torch.isfinite(p).all()
        assert p[0, 1, 2] == p[0, 0, 0] == p[1, 0, 0] == p[1, 1, 1] == 0
        loss = cross_entropy(chain.argmax().labels, chain) + chain.entropy() - chain.elbo()
        assert torch.isfinite(loss).all()
        gradients = torch.autograd.grad(loss.sum(), list(scores.values()), allow_unused=True)
        assert all(gradient is None or bool(torch.isfinite(gradient).all()) for gradient in gradients)


def test_half_precision_runs_in_single_and_single_is_accurate() -> None:
    scores = _random(3, 40, 5)
    scores["emissions"] *= 30
    exact = _chain(scores, None, "ternary")
    single = _chain({name: part.float() for name, part in scores.items()}, None, "ternary")
    assert single.emissions.dtype == torch.float32
    torch.testing.assert_close(single.emissions.double(), exact.emissions, rtol=1e-6, atol=2e-5)
    half = _chain({name: part.bfloat16() for name, part in scores.items()}, None, "ternary")
    assert half.emissions.dtype == half.elbo().dtype == torch.float32


def test_it_is_a_teacher_and_a_student_of_exact_chains() -> None:
    scores = _random(3, 4, 3)
    chain, exact = _chain(scores, None, "first"), LinearChain(scores["emissions"], scores["transitions"])
    for target, dist in ((chain.detach(), exact), (exact, chain)):
        assert (kl(target, dist) > 0).all()


NAN, INF = float("nan"), torch.inf


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"transitions": torch.zeros(2, 2)}, r"transitions have shape \[2, 2\] beside emissions of \[2, 4, 3\]"),
        ({"start": torch.zeros(2)}, r"start has shape \[2\]. Give it as \[3\] or \[2, 3\]"),
        ({"second": SecondOrder(torch.zeros(2, 3, 3, 3))}, r"second.transitions have shape .* or \[2, 2, 3, 3\]"),
        ({"second": SecondOrder(torch.zeros(3, 3), end=torch.zeros(3, 3))}, r"second.end has shape \[3, 3\]"),
        ({"ternary": torch.zeros(3, 3)}, r"ternary has shape \[3, 3\]. Give it as \[3, 3, 3\]"),
        ({"iterations": -1}, "iterations is -1. Ask for 0 or more"),
        ({"lengths": torch.tensor([4, 5])}, "row 1 has length 5"),
        (
            {"transitions": torch.full((3, 3), -INF)},
            "transitions hold a score of -inf. Mean field can't .* LinearChain",
        ),
        ({"transitions": torch.full((2, 3, 3, 3), NAN)}, "row 0: transitions hold a score of nan. Scores are finite"),
        ({"second": SecondOrder(torch.full((3, 3), INF))}, "second.transitions hold a score of inf"),
        ({"ternary": torch.full((3, 3, 3), -INF)}, "ternary hold a score of -inf"),
        ({"emissions": torch.zeros(2, 4, 3).index_fill(0, torch.tensor(1), NAN)}, "row 1 has NaN"),
        ({"end": torch.tensor([[0.0] * 3, [-INF] * 3])}, "row 1 has no possible output: every label of its word 3"),
    ],
)
def test_what_it_refuses(arguments: dict[str, Tensor], message: str) -> None:
    given = {"emissions": torch.zeros(2, 4, 3), "transitions": torch.zeros(3, 3)} | arguments
    with pytest.raises(StructureError, match=message):
        MeanFieldChain(**given)


def test_the_work_is_the_same_number_of_operations_at_any_length() -> None:
    def count(words: int) -> int:
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
            MeanFieldChain(torch.randn(2, words, 3), torch.randn(3, 3))
        return sum(event.name.startswith("aten::") for event in profile.events())

    count(8)
    assert count(16) == count(512)
