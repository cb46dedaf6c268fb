"""One label layer of a tagger: a scorer and a structure over the words that all layers share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from syntagma.encoders.encoder import WordVectors
from syntagma.models.coding import Coding
from syntagma.scorers import ChainScores
from syntagma.structures import LinearChain, cross_entropy
from syntagma.text.document import Sentence


class LabelLayer(nn.Module):
    """Scores, constraints and distribution of one layer of labels.

    `structure` is the distribution's class (any with LinearChain's signature), `weight` the layer's share in the loss.
    """

    temperature: Tensor
    start_mask: Tensor
    pair_mask: Tensor
    end_mask: Tensor

    def __init__(
        self,
        coding: Coding,
        scorer: nn.Module,
        *,
        structure: Callable[..., LinearChain] = LinearChain,
        weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.coding = coding
        self.scorer = scorer
        self.structure = structure
        self.weight = weight
        self.register_buffer("temperature", torch.ones(()))  # fitted after training: see learning.temperature
        allowed = coding.transitions()
        masks = {"start_mask": allowed.start, "pair_mask": allowed.pairs, "end_mask": allowed.end}
        for name, mask in masks.items():  # rebuilt from the scheme, so never saved
            self.register_buffer(name, torch.from_numpy(~mask), persistent=False)

    def distribution(self, words: WordVectors) -> LinearChain:
        """The distribution over label sequences of each sentence; what the scheme forbids has probability 0."""
        scores = cast(ChainScores, self.scorer(words.vectors))
        emissions, transitions, start, end = (part / self.temperature for part in scores)
        forbidden = float("-inf")
        return self.structure(
            emissions,
            transitions.masked_fill(self.pair_mask, forbidden),
            start.masked_fill(self.start_mask, forbidden),
            end.masked_fill(self.end_mask, forbidden),
            words.lengths,
        )

    def loss(self, words: WordVectors, sentences: Sequence[Sentence]) -> Tensor | None:
        """Summed negative log-likelihood of the sentences annotated in this layer, or None if there is none."""
        targets = [
            (row, ids) for row, sentence in enumerate(sentences) if (ids := self.coding.encode(sentence)) is not None
        ]
        if not targets:
            return None
        rows = torch.tensor([row for row, _ in targets], device=words.vectors.device)
        lengths = words.lengths[rows]
        longest = max(len(ids) for _, ids in targets)
        gold = torch.tensor([ids + [0] * (longest - len(ids)) for _, ids in targets], device=rows.device)
        chain = self.distribution(WordVectors(words.vectors[rows, :longest], lengths))
        return self.weight * cross_entropy(gold, chain).sum()
