"""The mean-field chain: neighbouring labels know each other through a few rounds of messages, all words at once."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.independent import IndependentLabels, reject_unusable
from syntagma.structures.kernels.reference.mean_field import Potentials, expected_score, mean_field
from syntagma.structures.label_checks import check_emissions, checked_lengths, result_precision, working_precision
from syntagma.structures.parts import own_words


class SecondOrder(NamedTuple):
    """Scores of the labels of two words with one between them."""

    transitions: Tensor
    """`[labels, labels]` (from, to), or one table a position: `[batch, words - 2, labels, labels]`."""
    start: Tensor | None = None
    """`[labels]` or `[batch, labels]`, score of the second word's label; None for 0."""
    end: Tensor | None = None
    """`[labels]` or `[batch, labels]`, score of the label of the last word but one; None for 0."""


class MeanFieldChain(IndependentLabels):
    """A batch of chains whose distribution is approximated by independent labels (AIN, arXiv 2009.08229).

    The chain scores a sequence as `LinearChain` does, with labels two words apart or triples of labels beside, if you
    like. A few rounds of mean-field messages, parallel over words, give every word its own softmax: `emissions` are
    that softmax's logits, and every call is about this factorised distribution. So `log_prob` is the sum of the words'
    own log-probabilities (the paper's loss is its negative), and argmax needs no Viterbi. Train with it: tables that
    were learned for exact inference may make the rounds oscillate.

    The rounds run in the scores' type (float32 for half precision): they are a neural layer, whose sums of
    probabilities times scores lose nothing but the last digits. Autograd goes through them.

    Args:
        emissions: `[batch, words, labels]`; what is in padding is not read. -inf forbids a label.
        transitions: `[labels, labels]` (from, to), or one table a position: `[batch, words - 1, labels, labels]`.
        start: `[labels]` or `[batch, labels]`, score of the first label; -inf forbids it; None for 0.
        end: `[labels]` or `[batch, labels]`, score of the last label; -inf forbids it; None for 0.
        lengths: `[batch]`, integers from 1 to words; None where all are full.
        second: scores of the labels of two words with one between them (the factorised second order); None for 0.
        ternary: `[labels, labels, labels]`, scores of the labels of three neighbouring words; None for 0.
        iterations: how many rounds; with 0, the emissions' own softmax.

    Raises:
        StructureError: shapes that disagree; a row with a NaN or +inf among its scores, or with a word that may have
            no label, named; transitions that are not finite: mean field can't keep two words from agreeing on a
            forbidden pair.
    """

    def __init__(
        self,
        emissions: Tensor,
        transitions: Tensor,
        start: Tensor | None = None,
        end: Tensor | None = None,
        lengths: Tensor | None = None,
        *,
        second: SecondOrder | None = None,
        ternary: Tensor | None = None,
        iterations: int = 3,
    ) -> None:
        check_emissions(emissions)
        if iterations < 0:
            raise StructureError(f"iterations is {iterations}", fix="Ask for 0 or more")
        lengths = checked_lengths(lengths, emissions)
        first = SecondOrder(transitions, start, end)
        self.potentials = _potentials(
            emissions, lengths, {1: first} if second is None else {1: first, 2: second}, ternary
        )
        super().__init__(mean_field(self.potentials, iterations), lengths)

    def elbo(self) -> Tensor:
        """The mean of the chain's score plus the entropy, `[batch]`: never above log Z of the chain.

        The difference is the divergence of the independent labels from the chain that they approximate.
        """
        q = self.expected_parts()
        wide = self.potentials.to(working_precision(self.emissions))
        return (expected_score(wide, q.emissions) + q.entropy()).to(self.dtype)


def _potentials(
    emissions: Tensor, lengths: Tensor | None, orders: dict[int, SecondOrder], ternary: Tensor | None
) -> Potentials:
    """The checked scores, by the distance of the words whose labels they know, in one precision, 0 in padding."""
    tables = {distance: order.transitions for distance, order in orders.items()}
    _check_tables(emissions, tables, ternary)
    valid = None if lengths is None else own_words(emissions.shape[1], lengths, emissions).unsqueeze(-1)
    dtype = result_precision(emissions, ternary, *(scores for order in orders.values() for scores in order))
    potentials = Potentials(
        emissions if valid is None else emissions.where(valid, 0.0),
        _boundary(emissions, lengths, orders),
        valid,
        {distance: _in_padding_0(table, valid, distance) for distance, table in tables.items()},
        ternary,
    ).to(dtype)
    _check_finite(potentials)
    return potentials


def _boundary(emissions: Tensor, lengths: Tensor | None, orders: dict[int, SecondOrder]) -> Tensor | None:
    """What the ends add to the labels of their words, `[batch, words, labels]`, by each row's own length."""
    words = emissions.shape[1]
    own = torch.full((1,), words, device=emissions.device) if lengths is None else lengths
    from_start = torch.arange(1, words + 1, device=emissions.device)
    from_end = own.unsqueeze(1) + 1 - from_start  # 1 for the last word
    total = None
    for distance, order in orders.items():
        for name, scores, places in (("start", order.start, from_start), ("end", order.end, from_end)):
            if scores is not None:
                _check_boundary(name if distance == 1 else f"second.{name}", scores, emissions)
                at = (places == distance) & (from_end > 0)
                added = torch.where(at.unsqueeze(-1), scores.unsqueeze(-2), 0.0)
                total = added if total is None else total + added
    return total


def _in_padding_0(table: Tensor, valid: Tensor | None, distance: int) -> Tensor:
    """A table a position without what is in padding; one table for all as it is."""
    return table if table.dim() == 2 or valid is None else table.where(valid[:, distance:, None], 0.0)


def _check_boundary(name: str, scores: Tensor, emissions: Tensor) -> None:
    batch, _, labels = emissions.shape
    if scores.shape not in ((labels,), (batch, labels)):
        raise StructureError(
            f"{name} has shape {list(scores.shape)}", fix=f"Give it as [{labels}] or [{batch}, {labels}]"
        )


def _check_tables(emissions: Tensor, tables: dict[int, Tensor], ternary: Tensor | None) -> None:
    batch, words, labels = emissions.shape
    for distance, table in tables.items():
        known = ((labels, labels), (batch, max(words - distance, 0), labels, labels))
        if table.shape not in known:
            raise StructureError(
                f"{_NAMES[distance]} have shape {list(table.shape)} beside emissions of {list(emissions.shape)}",
                fix=f"Give them as {list(known[0])} or {list(known[1])}",
            )
    if ternary is not None and ternary.shape != (labels, labels, labels):
        raise StructureError(f"ternary has shape {list(ternary.shape)}", fix=f"Give it as {[labels] * 3}")


_NAMES = {1: "transitions", 2: "second.transitions", 3: "ternary"}


def _check_finite(potentials: Potentials) -> None:
    """Raise for scores that are NaN or +inf, for a word without a label, for -inf in a table."""
    possible = potentials.bounded.detach()
    tables = potentials.pairs if potentials.triples is None else {**potentials.pairs, 3: potentials.triples}
    checks = [possible.amax(-1).isfinite().all(), *(table.isfinite().all() for table in tables.values())]
    if bool(torch.stack(checks).all()):
        return
    for distance, table in tables.items():
        _reject_infinite(_NAMES[distance], table.detach())
    reject_unusable(possible)


def _reject_infinite(name: str, table: Tensor) -> None:
    odd = (~table.isfinite()).nonzero()
    if not odd.numel():
        return
    found = float(table[tuple(odd[0])])
    fix = "Scores are finite here"
    if found == -torch.inf:
        fix = "Mean field can't keep two labels apart: use LinearChain, or forbid labels in emissions, start and end"
    row = f"row {int(odd[0, 0])}" if table.dim() == 4 else None
    raise StructureError(f"{name} hold a score of {found}", where=row, fix=fix)
