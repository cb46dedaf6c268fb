"""The linear chain at its edges: what it refuses, extreme scores, half precision, derivatives of every kind."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from syntagma.errors import StructureError, SyntagmaError
from syntagma.structures import LinearChain, chain_parts, cross_entropy

pytestmark = pytest.mark.usefixtures("every_kernel")
LENGTHS = torch.tensor([3, 1])


def _scores(tables: bool = False, scale: float = 1.0) -> list[Tensor]:
    """Of two rows of three words; with `tables`, transitions by position and the start's by row."""
    generator = torch.Generator().manual_seed(3)
    shapes = [(2, 3, 3), (2, 2, 3, 3) if tables else (3, 3), (2, 3) if tables else (3,), (3,)]
    return [
        (torch.randn(shape, generator=generator, dtype=torch.float64) * scale).requires_grad_(True) for shape in shapes
    ]


CALLS: dict[str, Callable[[LinearChain], Tensor]] = {
    "log_partition": lambda chain: chain.log_partition(),
    "log_prob": lambda chain: chain.log_prob(torch.tensor([[0, 2, 1], [1, 0, 0]])),
    "score": lambda chain: chain.score(torch.tensor([[0, 2, 1], [1, 0, 0]])),
    "argmax": lambda chain: chain.argmax().scores,
    "topk": lambda chain: chain.topk(2).scores,
    "marginals": lambda chain: torch.cat([part.flatten() for part in chain.marginals()]),
    "entropy": lambda chain: chain.entropy(),
    "cross_entropy": lambda chain: cross_entropy(LinearChain(torch.ones(2, 3, 3).cumsum(1), torch.eye(3)), chain),
}


@pytest.mark.parametrize("tables", [False, True])
@pytest.mark.parametrize("call", CALLS)
def test_first_and_second_derivatives(call: str, tables: bool) -> None:
    lengths = None if call == "cross_entropy" else LENGTHS

    def function(*scores: Tensor) -> Tensor:
        return CALLS[call](LinearChain(*scores, lengths=lengths))

    assert torch.autograd.gradcheck(function, _scores(tables))
    if call in ("log_partition", "log_prob", "entropy"):
        assert torch.autograd.gradgradcheck(function, _scores(tables))


def test_derivatives_in_the_exact_pass() -> None:
    """Transitions this steep underflow, so every row of more than one word takes the log-space pass."""

    def chain(*scores: Tensor) -> LinearChain:
        far = torch.tensor([0.0, -2000.0, -4000.0], dtype=torch.float64)
        return LinearChain(scores[0] + far, scores[1] + 2000.0 * torch.eye(3).roll(1, 0), *scores[2:], LENGTHS)

    assert torch.autograd.gradcheck(lambda *scores: chain(*scores).log_partition(), _scores())
    assert torch.autograd.gradcheck(lambda *scores: chain(*scores).entropy(), _scores())


def test_padding_gets_no_gradient() -> None:
    scores = _scores()
    chain = LinearChain(*scores, lengths=LENGTHS)
    (chain.log_prob(torch.zeros(2, 3, dtype=torch.long)) + chain.entropy()).sum().backward()
    assert scores[0].grad is not None
    assert (scores[0].grad[1, 1:] == 0).all()
    assert (scores[0].grad[0] != 0).all()


def test_results_one_after_another_each_have_a_gradient() -> None:
    scores = _scores()
    chain = LinearChain(*scores, lengths=LENGTHS)
    chain.log_partition().sum().backward()
    chain.entropy().sum().backward()
    chain.log_partition().sum().backward()


def test_forbidden_scores_leave_finite_gradients() -> None:
    emissions, transitions, start, end = (part.detach() for part in _scores())
    emissions[0, 1, 2], transitions[0, 1], start[0], end[1] = (-torch.inf,) * 4
    leaves = [part.requires_grad_(True) for part in (emissions, transitions, start, end)]
    chain = LinearChain(*leaves, lengths=LENGTHS)
    loss = cross_entropy(chain.argmax().labels, chain) + chain.entropy()
    for gradient in torch.autograd.grad(loss.sum(), leaves):
        assert torch.isfinite(gradient).all()


def test_no_gradient_flows_into_a_detached_teacher() -> None:
    teacher, student = _scores(), _scores(scale=0.5)
    cross_entropy(LinearChain(*teacher).detach(), LinearChain(*student)).sum().backward()
    assert all(part.grad is None for part in teacher)
    assert all(part.grad is not None for part in student)


def test_gradient_of_distillation_is_the_difference_of_marginals() -> None:
    teacher, student = LinearChain(*_scores()).detach(), _scores(scale=0.5)
    gradient = torch.autograd.grad(cross_entropy(teacher, LinearChain(*student)).sum(), student[0])[0]
    expected = LinearChain(*student).marginals().emissions - teacher.marginals().emissions
    torch.testing.assert_close(gradient, expected)


@pytest.mark.parametrize("deviation", [1.0, 20.0, 1000.0])
def test_long_chains_in_float32_agree_with_plain_log_space(deviation: float) -> None:
    torch.manual_seed(0)
    emissions = (torch.randn(2, 600, 5) * deviation).requires_grad_(True)
    transitions = (torch.randn(5, 5) * deviation).requires_grad_(True)
    leaves = (emissions, transitions)
    log_z = LinearChain(*leaves).log_partition()
    expected = _plain_log_partition(emissions.double(), transitions.double())
    torch.testing.assert_close(log_z.double(), expected, rtol=1e-6, atol=0)
    ours, theirs = (torch.autograd.grad(value.sum(), leaves) for value in (log_z, expected))
    torch.testing.assert_close(ours[0], theirs[0], rtol=0, atol=1e-6)
    torch.testing.assert_close(ours[1], theirs[1], rtol=1e-5, atol=1e-5)


def _plain_log_partition(emissions: Tensor, transitions: Tensor) -> Tensor:
    alpha, *rest = emissions.unbind(1)
    for emission in rest:
        alpha = (alpha.unsqueeze(2) + transitions).logsumexp(1) + emission
    return alpha.logsumexp(1)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single(dtype: torch.dtype) -> None:
    scores = [part.detach().to(dtype).requires_grad_(True) for part in _scores()]
    chain = LinearChain(*scores, lengths=LENGTHS)
    single = LinearChain(*(part.detach().float() for part in scores), lengths=LENGTHS)
    assert chain.log_partition().dtype == torch.float32
    torch.testing.assert_close(chain.log_partition(), single.log_partition())
    chain.log_partition().sum().backward()
    assert scores[0].grad is not None
    assert scores[0].grad.dtype == dtype


def test_scores_are_left_as_they_were() -> None:
    scores = [part.detach()[:1] if part.dim() == 3 else part.detach() for part in _scores()]
    before = [part.clone() for part in scores]
    chain = LinearChain(*scores, lengths=torch.tensor([2]))
    chain.marginals(), chain.argmax(), chain.topk(2), chain.sample(2), chain.entropy()
    assert all(torch.equal(old, new) for old, new in zip(before, scores, strict=True))


def test_a_result_changed_in_place_changes_no_other() -> None:
    chain = LinearChain(*(part.detach() for part in _scores()), lengths=LENGTHS)
    before = chain.log_partition()
    chain.log_partition().zero_(), chain.label_marginals().zero_(), chain.argmax().scores.zero_()
    torch.testing.assert_close(chain.log_partition(), before, rtol=0, atol=0)
    torch.testing.assert_close(chain.label_marginals().sum(2)[0], torch.ones(3, dtype=torch.float64))


def test_empty_batch() -> None:
    chain = LinearChain(torch.zeros(0, 3, 2), torch.zeros(2, 2), lengths=torch.zeros(0, dtype=torch.long))
    assert chain.log_partition().shape == (0,)
    assert chain.argmax().labels.shape == (0, 3)
    assert chain.topk(2).labels.shape == (0, 2, 3)
    assert chain.sample(4).shape == (0, 4, 3)
    assert chain.entropy().shape == (0,)
    assert chain.window_log_prob(*torch.zeros(2, 0, dtype=torch.long), torch.ones(0, 1, 2).bool()).shape == (0,)


ALL = ["log_partition", "marginals", "argmax", "entropy"]


@pytest.mark.parametrize("call", ALL)
def test_a_row_without_a_path_is_named(call: str) -> None:
    emissions, transitions = torch.zeros(3, 2, 2), torch.tensor([[0.0, -torch.inf], [0.0, 0.0]])
    emissions[1, 0, 1] = emissions[1, 1, 0] = -torch.inf  # 0 then 1, which is forbidden
    with pytest.raises(StructureError, match="row 1 has no possible output: every path of its 2 labels"):
        getattr(LinearChain(emissions, transitions), call)()


@pytest.mark.parametrize("call", ALL)
@pytest.mark.parametrize(("value", "name"), [(float("nan"), "NaN"), (torch.inf, re.escape("+inf"))])
def test_a_row_with_an_odd_score_is_named(call: str, value: float, name: str) -> None:
    emissions = torch.zeros(3, 2, 2)
    emissions[2, 1, 0] = value
    with pytest.raises(StructureError, match=f"row 2 has {name} among its emissions scores"):
        getattr(LinearChain(emissions, torch.zeros(2, 2)), call)()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"emissions": torch.zeros(2, 3)}, r"emissions have shape \[2, 3\]. Give them as \[batch, words, labels\]"),
        ({"emissions": torch.zeros(2, 0, 3)}, r"emissions have shape \[2, 0, 3\]"),
        ({"transitions": torch.zeros(3, 2)}, r"transitions have shape \[3, 2\] beside emissions of \[2, 4, 3\]"),
        ({"start": torch.zeros(2)}, r"start has shape \[2\]. Give it as \[3\] or \[2, 3\]"),
        ({"lengths": torch.tensor([4])}, r"lengths are torch.int64 of shape \[1\]. Give 2 integers"),
        ({"lengths": torch.tensor([4, 0])}, "row 1 has length 0. Lengths are from 1 to 4 here"),
        ({"lengths": torch.tensor([5, 4])}, "row 0 has length 5"),
    ],
)
def test_shapes_that_disagree(arguments: dict[str, Tensor], message: str) -> None:
    given = {"emissions": torch.zeros(2, 4, 3), "transitions": torch.zeros(3, 3)} | arguments
    with pytest.raises(StructureError, match=message):
        LinearChain(**given)


def test_labels_and_counts_that_make_no_sense() -> None:
    chain = LinearChain(torch.zeros(2, 3, 3), torch.zeros(3, 3), lengths=LENGTHS)
    with pytest.raises(StructureError, match=r"row 0 has label 3 at position 2\. Labels are from 0 to 2 here"):
        chain.log_prob(torch.tensor([[0, 0, 3], [0, 9, 9]]))
    with pytest.raises(StructureError, match=r"labels have shape \[2, 2\]. Give them as \[2, 3\] or \[2, n, 3\]"):
        chain.score(torch.zeros(2, 2, dtype=torch.long))
    with pytest.raises(SyntagmaError, match=r"k is 0\. Ask for k of 1 or more"):
        chain.topk(0)
    with pytest.raises(SyntagmaError, match="n is -1"):
        chain.sample(-1)
    with pytest.raises(StructureError, match="the target's parts have shapes"):
        cross_entropy(chain_parts(torch.zeros(2, 3, dtype=torch.long), 4), chain)
