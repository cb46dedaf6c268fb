"""The linear chain: a distribution over label sequences in which neighbouring labels know each other."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.kernels import derivatives, dispatch
from syntagma.structures.kernels.lattice import Lattice
from syntagma.structures.kernels.reference.scores import score as differentiable_score
from syntagma.structures.label_checks import (
    check_count,
    check_emissions,
    check_temperature,
    checked_lengths,
    result_precision,
    working_precision,
)
from syntagma.structures.parts import ChainParts, boundary_parts
from syntagma.structures.structure import Structure


class Best(NamedTuple):
    """The best label sequences and their scores."""

    labels: Tensor
    """`[batch, words]`, -1 where padded; of the k best `[batch, k, words]`, -1 also where there is none."""
    scores: Tensor
    """`[batch]`; of the k best `[batch, k]`, -inf where there is none."""

    @property
    def outputs(self) -> Tensor:
        """The labels."""
        return self.labels


class LinearChain(Structure[ChainParts]):
    """A batch of linear-chain conditional random fields.

        score(y) = start[y_1] + sum_i emissions[i, y_i] + sum_i transitions[y_i, y_{i+1}] + end[y_n]

    Forbid a label or a transition with a score of -inf. Scores are used as they are and kept: do not change them in
    place. Computed in float64 inside; results are float32 for half precision, else of the scores' type.

    Args:
        emissions: `[batch, words, labels]`; what is in padding is not read.
        transitions: `[labels, labels]` (from, to), or one table a position: `[batch, words - 1, labels, labels]`.
        start: `[labels]` or `[batch, labels]`, score of the first label; None for 0.
        end: `[labels]` or `[batch, labels]`, score of the last label; None for 0.
        lengths: `[batch]`, integers from 1 to words; None where all are full.

    Raises:
        StructureError: shapes that disagree. Every call raises it for a row without any possible sequence, or with
            a NaN or +inf among its scores, naming the row.
    """

    parts: ClassVar = ChainParts

    def __init__(
        self,
        emissions: Tensor,
        transitions: Tensor,
        start: Tensor | None = None,
        end: Tensor | None = None,
        lengths: Tensor | None = None,
    ) -> None:
        check_emissions(emissions)
        _check_shapes(emissions, transitions, start, end)
        self.emissions, self.transitions, self.start, self.end = emissions, transitions, start, end
        self.lengths = checked_lengths(lengths, emissions)
        self.dtype = result_precision(emissions, transitions, start, end)

    def detach(self) -> LinearChain:
        """The same distribution, into which no gradient flows: a teacher."""
        start, end = (None if scores is None else scores.detach() for scores in (self.start, self.end))
        return LinearChain(self.emissions.detach(), self.transitions.detach(), start, end, self.lengths)

    def tempered(self, temperature: float) -> LinearChain:
        """The chain whose scores are these, divided by the temperature."""
        check_temperature(temperature)
        start, end = (None if scores is None else scores / temperature for scores in (self.start, self.end))
        return LinearChain(self.emissions / temperature, self.transitions / temperature, start, end, self.lengths)

    def log_partition(self) -> Tensor:
        """log Z, `[batch]`."""
        return self._log_partition(self.dtype)

    def score(self, outputs: Tensor) -> Tensor:
        """Score of label sequences `[batch, words]` or `[batch, n, words]`, as `[batch]` or `[batch, n]`.

        Labels in padding are not read.

        Raises:
            StructureError: a label that is not one of 0 to labels - 1.
        """
        return self._score(outputs).to(self.dtype)

    def log_prob(self, outputs: Tensor) -> Tensor:
        """Log-probability of label sequences, shapes as `score`; -inf for a sequence that is forbidden."""
        if outputs.dim() == 3:
            return (self._score(outputs) - self._log_partition(self._precision).unsqueeze(1)).to(self.dtype)
        labels = self._checked(outputs)
        score = self._kernel.score(self._detached, labels).squeeze(1)
        return derivatives.log_prob(self._lattice, self._sweep, labels.squeeze(1), score, self.dtype)

    def marginals(self) -> ChainParts:
        """Probability of every label, of every two neighbouring labels, and of the first and last label."""
        return self._marginals(self.dtype)

    def expected_parts(self) -> ChainParts:
        """The marginals in float64, before they are rounded."""
        return self._marginals(self._precision)

    def label_marginals(self) -> Tensor:
        """`marginals().emissions`, `[batch, words, labels]`, at a fraction of the cost; no gradient."""
        return self._sweep.unary(self.dtype)

    def argmax(self) -> Best:
        """The most probable sequence, `labels [batch, words]`, -1 in padding, and its `scores [batch]` (Viterbi).

        Of equals, the one with the lowest last label; of these, with the lowest label before it, and so on.
        """
        labels, scores = self._kernel.viterbi(self._detached)
        return Best(labels, self.score(labels) if self._records else scores.to(self.dtype))

    def topk(self, k: int) -> Best:
        """The k most probable sequences, `labels [batch, k, words]`, `scores [batch, k]`, best first, none twice.

        Where a row has fewer than k, the missing ones have labels -1 and score -inf. Of equals, the order is the same
        on every device: see `kernels.dispatch.ChainKernel.k_best`.

        Raises:
            StructureError: k is below 1.
        """
        check_count("k", k)
        labels, scores = self._kernel.k_best(self._detached, k)
        if self._records:
            scores = self._score(labels.clamp(min=0)).where(scores > -torch.inf, -torch.inf)
        return Best(labels, scores.to(self.dtype))

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent sequences of each row, `[batch, n, words]`, -1 in padding; exact.

        Raises:
            StructureError: n is below 1.
        """
        check_count("n", n)
        return self._kernel.sample(self._detached, self._sweep, n, generator)

    def expected_log_prob(self, parts: ChainParts) -> Tensor:
        """`sum over parts of parts * score - log Z`, `[batch]`.

        -inf where `parts` gives weight to something forbidden. Takes marginals of another chain, or a target's means.

        Raises:
            StructureError: parts of other shapes.
        """
        _check_parts(parts, self.emissions)
        expected = -self._log_partition(self._precision)
        if self._lattice.shared:  # one table for all pairs of words: what they weigh together
            parts = parts._replace(transitions=parts.transitions.sum(1, dtype=self._precision))
        for weights, scores in zip(parts, self._lattice.scores, strict=True):
            if scores is not None:
                expected = expected + _weighted(weights, scores)
        return expected.to(self.dtype)

    def window_log_prob(self, rows: Tensor, first: Tensor, allowed: Tensor) -> Tensor:
        """Log-probability that the labels of a window all lie in their allowed sets, `[spans]`; exact, no gradient.

        With the labels of an entity and of its neighbours allowed, this is the posterior of the entity as a whole. The
        cost is one small step for each word of the window, from messages that are kept.

        Args:
            rows: `[spans]`, the row of each window.
            first: `[spans]`, position of the window's first word; what lies outside the row, left or right, is ignored.
            allowed: `[spans, width, labels]` bool; all true where there is no condition.
        """
        return self._sweep.window(rows, first, allowed).to(self.dtype)

    @property
    def _records(self) -> bool:
        """Whether a gradient may be asked of a result."""
        return self._learns and torch.is_grad_enabled()

    @property
    def _precision(self) -> torch.dtype:
        return working_precision(self.emissions)

    @cached_property
    def _learns(self) -> bool:
        return any(part is not None and part.requires_grad for part in self._lattice.scores)

    @cached_property
    def _lattice(self) -> Lattice:
        lengths = self.lengths
        if lengths is None:
            batch, words, _ = self.emissions.shape
            lengths = torch.full((batch,), words, device=self.emissions.device)
        return Lattice(self.emissions, self.transitions, self.start, self.end, lengths)

    @cached_property
    def _detached(self) -> Lattice:
        return self._lattice.detach()

    @cached_property
    def _kernel(self) -> dispatch.ChainKernel:
        return dispatch.chain(self._detached, learns=self._learns)

    @cached_property
    def _sweep(self) -> dispatch.Sweep:
        return self._kernel.sweep(self._detached)

    def _log_partition(self, dtype: torch.dtype) -> Tensor:
        return derivatives.log_partition(self._lattice, self._sweep, dtype)

    def _marginals(self, dtype: torch.dtype) -> ChainParts:
        if self._records:
            unary, pairs = (part.to(dtype) for part in derivatives.marginals(self._lattice, self._sweep))
        else:
            unary, pairs = self._sweep.unary(dtype), self._sweep.pairs(dtype)
        return boundary_parts(unary, pairs, self.lengths)

    def _score(self, outputs: Tensor) -> Tensor:
        """`[batch]` or `[batch, n]`, in the precision we work in."""
        labels = self._checked(outputs)
        if self._records:
            return differentiable_score(self._lattice, labels).view(outputs.shape[:-1])
        return self._kernel.score(self._detached, labels).view(outputs.shape[:-1])

    def _checked(self, outputs: Tensor) -> Tensor:
        """Label sequences as `[batch, n, words]`, int64."""
        batch, words, _ = self.emissions.shape
        if outputs.dim() not in (2, 3) or outputs.shape[0] != batch or outputs.shape[-1] != words:
            raise StructureError(
                f"labels have shape {list(outputs.shape)}",
                fix=f"Give them as [{batch}, {words}] or [{batch}, n, {words}]",
            )
        return outputs.long() if outputs.dim() == 3 else outputs.long().unsqueeze(1)


def _weighted(weights: Tensor, scores: Tensor) -> Tensor:
    """`sum of weights * scores` a row; a part of weight 0 counts 0 even where it is forbidden."""
    precision = working_precision(scores)
    return (weights.to(precision) * torch.where(weights == 0, 0.0, scores.to(precision))).flatten(1).sum(1)


def _check_shapes(emissions: Tensor, transitions: Tensor, start: Tensor | None, end: Tensor | None) -> None:
    batch, words, labels = emissions.shape
    tables = ((labels, labels), (batch, words - 1, labels, labels))
    if transitions.shape not in tables:
        raise StructureError(
            f"transitions have shape {list(transitions.shape)} beside emissions of {list(emissions.shape)}",
            fix=f"Give them as {list(tables[0])} or {list(tables[1])}",
        )
    for name, scores in (("start", start), ("end", end)):
        if scores is not None and scores.shape not in ((labels,), (batch, labels)):
            raise StructureError(
                f"{name} has shape {list(scores.shape)}", fix=f"Give it as [{labels}] or [{batch}, {labels}]"
            )


def _check_parts(parts: ChainParts, emissions: Tensor) -> None:
    batch, words, labels = emissions.shape
    expected = ((batch, words, labels), (batch, words - 1, labels, labels))
    if (parts.emissions.shape, parts.transitions.shape) != expected:
        raise StructureError(
            f"the target's parts have shapes {list(parts.emissions.shape)} and {list(parts.transitions.shape)}",
            fix=f"The structure compared with it has {list(expected[0])} and {list(expected[1])}",
        )
