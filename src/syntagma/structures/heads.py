"""Independent heads: every word chooses its head alone, and the arcs need not make a tree."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.structures.arc_structure import ArcStructure
from syntagma.structures.kernels.reference.independent import k_best_choices


class IndependentHeads(ArcStructure):
    """A batch of distributions in which every word chooses its head, and its arc's relation, by itself.

        p(y) = product over words of softmax(arcs[word])[head]

    (Deep biaffine attention, arXiv 1611.01734; structural knowledge distillation, case 1b, arXiv 2010.05010.) Of equal
    heads the first is the best. Arguments, outputs and errors as `ArcStructure`.
    """

    def _log_partition(self, arcs: Tensor) -> Tensor:
        return self._safe(arcs).logsumexp(-1).masked_fill(~self.arc_scores.valid, 0.0).sum(1)

    def _marginals(self, arcs: Tensor) -> Tensor:
        return self._safe(arcs).softmax(-1).masked_fill(~self.arc_scores.valid.unsqueeze(-1), 0.0)

    def _best(self, arcs: Tensor) -> Tensor:
        return arcs.argmax(-1)

    def _k_best(self, arcs: Tensor, k: int) -> Tensor:
        return k_best_choices(arcs, self.arc_scores.valid, k)[0]

    def _sample(self, arcs: Tensor, n: int, generator: torch.Generator | None) -> Tensor:
        logits = self._safe(arcs).unsqueeze(1).expand(-1, n, -1, -1)
        # the argmax of p / q, q exponential, is a draw from p; a forbidden arc stays at log 0 = -inf
        race = torch.empty_like(logits).exponential_(generator=generator).log_()
        return (logits - race).argmax(-1)

    def _safe(self, arcs: Tensor) -> Tensor:
        """Zeros in place of words that are padding, for a sum over nothing has no derivative."""
        return arcs if self.lengths is None else arcs.masked_fill(~self.arc_scores.valid.unsqueeze(-1), 0.0)
