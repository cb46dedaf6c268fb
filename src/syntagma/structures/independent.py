"""Independent labels: a distribution over label sequences in which no word's label knows another's."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.chain import Best
from syntagma.structures.kernels.reference.independent import k_best_choices
from syntagma.structures.label_checks import (
    check_count,
    check_emissions,
    check_temperature,
    checked_labels,
    checked_lengths,
    result_precision,
    working_precision,
)
from syntagma.structures.parts import LabelParts, own_words
from syntagma.structures.structure import Structure


class IndependentLabels(Structure[LabelParts]):
    """A batch of softmax taggers ("MaxEnt"): every word chooses its label alone.

        score(y) = sum_i emissions[i, y_i]

    It has every call of `LinearChain`, all exact and without a loop over words. Forbid a label with a score of -inf.
    Computed in float64 inside; results are float32 for half precision, else of the scores' type.

    Args:
        emissions: `[batch, words, labels]`; what is in padding is not read.
        lengths: `[batch]`, integers from 1 to words; None where all are full.

    Raises:
        StructureError: shapes that disagree. Every call raises it for a row with a NaN or +inf among its scores, or
            with a word that may have no label, naming the row.
    """

    parts: ClassVar = LabelParts

    def __init__(self, emissions: Tensor, lengths: Tensor | None = None) -> None:
        check_emissions(emissions)
        self.emissions = emissions
        self.lengths = checked_lengths(lengths, emissions)
        self.dtype = result_precision(emissions)

    def detach(self) -> IndependentLabels:
        """The same distribution, into which no gradient flows: a teacher."""
        return IndependentLabels(self.emissions.detach(), self.lengths)

    def tempered(self, temperature: float) -> IndependentLabels:
        """The labels whose scores are these, divided by the temperature; of a mean-field chain, its last logits."""
        check_temperature(temperature)
        return IndependentLabels(self.emissions / temperature, self.lengths)

    def log_partition(self) -> Tensor:
        """log Z, `[batch]`: the sum of the words' own normalisers."""
        return self._own(self._scores().logsumexp(-1)).sum(1).to(self.dtype)

    def score(self, outputs: Tensor) -> Tensor:
        """Score of label sequences `[batch, words]` or `[batch, n, words]`, as `[batch]` or `[batch, n]`.

        Raises:
            StructureError: a label that is not one of 0 to labels - 1.
        """
        self._check()
        return self._sum(self.emissions, outputs).to(self.dtype)

    def log_prob(self, outputs: Tensor) -> Tensor:
        """Log-probability of label sequences, shapes as `score`; -inf for a sequence that is forbidden."""
        return self._sum(self._log_probs(), outputs).to(self.dtype)

    def marginals(self) -> LabelParts:
        """Probability of every label at every word, 0 where padded."""
        return LabelParts(self.expected_parts().emissions.to(self.dtype))

    def expected_parts(self) -> LabelParts:
        """The marginals in float64, before they are rounded."""
        return LabelParts(self._own(self._scores().softmax(-1)))

    def label_marginals(self) -> Tensor:
        """`marginals().emissions`, `[batch, words, labels]`; no gradient."""
        return self.marginals().emissions.detach()

    def argmax(self) -> Best:
        """Every word's best label, `labels [batch, words]`, -1 in padding, and their `scores [batch]`.

        Of equals, the lowest.
        """
        self._check()
        labels = self._own(self.emissions.argmax(-1), -1)
        return Best(labels, self.score(labels))

    def topk(self, k: int) -> Best:
        """The k most probable sequences, `labels [batch, k, words]`, `scores [batch, k]`, best first, none twice.

        Where a row has fewer than k, the missing ones have labels -1 and score -inf.

        Raises:
            StructureError: k is below 1.
        """
        check_count("k", k)
        labels, scores = k_best_choices(self._scores(), self._valid, k)
        if self.emissions.requires_grad and torch.is_grad_enabled():
            scores = self.score(labels.clamp(min=0)).where(scores > -torch.inf, -torch.inf)
        return Best(labels, scores.to(self.dtype))

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent sequences of each row, `[batch, n, words]`, -1 in padding; exact.

        Raises:
            StructureError: n is below 1.
        """
        check_count("n", n)
        logits = self._scores().unsqueeze(1).expand(-1, n, -1, -1)
        # the argmax of p / q, q exponential, is a draw from p; a forbidden label stays at log 0 = -inf
        race = torch.empty_like(logits).exponential_(generator=generator).log_()
        return (logits - race).argmax(-1).masked_fill_(~self._valid.unsqueeze(1), -1)

    def expected_log_prob(self, parts: LabelParts) -> Tensor:
        """`sum over words and labels of parts * log p(label)`, `[batch]`; parts in padding are not read.

        -inf where `parts` gives weight to something forbidden.

        Raises:
            StructureError: parts of another shape.
        """
        if parts.emissions.shape != self.emissions.shape:
            raise StructureError(
                f"the target's parts have shape {list(parts.emissions.shape)}",
                fix=f"The structure compared with it has {list(self.emissions.shape)}",
            )
        weights = self._own(parts.emissions)
        log_probs = torch.where(weights == 0, 0.0, self._log_probs())  # what has weight 0 counts 0, forbidden or not
        return (weights.to(log_probs.dtype) * log_probs).sum((1, 2)).to(self.dtype)

    @torch.no_grad()
    def window_log_prob(self, rows: Tensor, first: Tensor, allowed: Tensor) -> Tensor:
        """Log-probability that the labels of a window all lie in their allowed sets, `[spans]`; exact, no gradient.

        Args:
            rows: `[spans]`, the row of each window.
            first: `[spans]`, position of the window's first word; what lies outside the row, left or right, is ignored.
            allowed: `[spans, width, labels]` bool; all true where there is no condition.
        """
        at = first.unsqueeze(1) + torch.arange(allowed.shape[1], device=first.device)
        here = at.clamp(0, self.emissions.shape[1] - 1)
        inside = (at == here) & self._valid[rows.unsqueeze(1), here]
        chances = self._log_probs()[rows.unsqueeze(1), here].where(allowed, -torch.inf).logsumexp(-1)
        return chances.where(inside, 0.0).sum(1).to(self.dtype)

    def _log_probs(self) -> Tensor:
        """`[batch, words, labels]`; what is in padding means nothing."""
        return self._scores().log_softmax(-1)

    def _scores(self) -> Tensor:
        """The emissions in the precision we work in, 0 in padding.

        Made anew for each result, so that one can be differentiated after another was.
        """
        self._check()
        return self._own(self.emissions.to(working_precision(self.emissions)))

    def _check(self) -> None:
        if not self._usable:
            reject_unusable(self._own(self.emissions.detach()))

    @cached_property
    def _usable(self) -> bool:
        return bool(self._own(self.emissions.detach().amax(-1)).isfinite().all())

    @cached_property
    def _valid(self) -> Tensor:
        return own_words(self.emissions.shape[1], self.lengths, self.emissions)

    def _own(self, each: Tensor, padding: float = 0) -> Tensor:
        """`each [batch, words, ...]` with `padding` where a row has no word."""
        if self.lengths is None:
            return each
        return each.where(self._valid.view(*self._valid.shape, *[1] * (each.dim() - 2)), padding)

    def _sum(self, each: Tensor, outputs: Tensor) -> Tensor:
        """The sum over a sequence's words of `each [batch, words, labels]`, `[batch]` or `[batch, n]`."""
        labels = checked_labels(outputs, self.emissions, self.lengths)
        several = labels if labels.dim() == 3 else labels.unsqueeze(1)
        chosen = each.gather(2, several.transpose(1, 2)).to(working_precision(each))  # [batch, words, n]
        return self._own(chosen).sum(1).view(outputs.shape[:-1])


def reject_unusable(scores: Tensor) -> None:
    """Raise for the first row with a word whose best score is not a finite number; `scores` are 0 in padding."""
    row, word = (~scores.detach().amax(-1).isfinite()).nonzero()[0].tolist()
    found = scores.detach()[row, word]
    for odd, name in ((found.isnan(), "NaN"), (found == torch.inf, "+inf")):
        if bool(odd.any()):
            raise StructureError(f"row {row} has {name} among its emissions scores", fix="Scores may be finite or -inf")
    raise StructureError(
        f"row {row} has no possible output: every label of its word {word} has a score of -inf",
        fix="Look at the forbidden labels of this row",
    )
