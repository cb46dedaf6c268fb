"""Biaffine log-probabilities of relations, kept as factors until they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

BLOCK = 1 << 19
"""How many products of two features are held at once."""


@dataclass(frozen=True)
class RelationProduct:
    """`log softmax over r of [d_i; 1] W_r [g_j; 1]`, of the arc from j to i (arXiv 1611.01734)."""

    dependents: Tensor
    """`[batch, words, hidden + 1]`"""
    heads: Tensor
    """`[batch, 1 + words, hidden + 1]`"""
    weight: Tensor
    """`[relations, hidden + 1, hidden + 1]`"""
    temperature: Tensor | float = 1.0
    """What the scores are divided by before the softmax."""

    @property
    def count(self) -> int:
        """How many relations there are."""
        return len(self.weight)

    @property
    def learns(self) -> bool:
        """Whether a gradient may be asked for."""
        return any(part.requires_grad for part in (self.dependents, self.heads, self.weight))

    def everywhere(self) -> Tensor:
        """Those of all arcs, `[batch, words, 1 + words, relations]`."""
        # heads before dependents, and words divided in place of scores: products come out in the order they are read in
        asked = torch.einsum("bjy,rxy->bjrx", self.heads, self.weight)
        return torch.einsum("bix,bjrx->bijr", self.dependents / self.temperature, asked).log_softmax(-1)

    def at(self, heads: Tensor) -> Tensor:
        """Those of the arcs from `heads [batch, n, words]`, `[batch, n, words, relations]`."""
        batch, n, words = heads.shape
        places = heads.reshape(batch, n * words, 1).expand(-1, -1, self.heads.shape[-1])
        chosen = self.heads.gather(1, places).view(batch, n, words, -1)
        scores = self._with_history(chosen) if self.learns and torch.is_grad_enabled() else self._in_blocks(chosen)
        return (scores / self.temperature).log_softmax(-1)

    def _with_history(self, chosen: Tensor) -> Tensor:
        """Products with heads `chosen [batch, n, words, hidden + 1]`; what words ask of them is the same for all n."""
        asked = torch.einsum("bix,rxy->biry", self.dependents, self.weight)
        return torch.einsum("biry,bniy->bnir", asked, chosen)

    def _in_blocks(self, chosen: Tensor) -> Tensor:
        """The same, by so few arcs at once that the products `d_i g_j` of their features stay near the processor."""
        width = chosen.shape[-1]
        dependents = self.dependents.unsqueeze(1).expand_as(chosen).reshape(-1, width)
        heads, weight = chosen.reshape(-1, width), self.weight.flatten(1).T
        rows = max(1, BLOCK // width**2)
        blocks = range(0, len(heads), rows)
        pairs = ((dependents[first : first + rows], heads[first : first + rows]) for first in blocks)
        scores = [torch.einsum("ax,ay->axy", *pair).flatten(1) @ weight for pair in pairs]
        return torch.cat(scores).view(*chosen.shape[:-1], self.count)

    def detach(self) -> RelationProduct:
        """The same without history."""
        return replace(
            self, dependents=self.dependents.detach(), heads=self.heads.detach(), weight=self.weight.detach()
        )

    def tempered(self, temperature: Tensor) -> RelationProduct:
        """The products divided by the temperature, and probabilities again."""
        return replace(self, temperature=self.temperature * temperature)
