"""One label layer of a tagger: a scorer and a structure over the words that all layers share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from syntagma.encoders.encoder import WordVectors
from syntagma.models.coding import Coding
from syntagma.models.inference import ExactChain, Inference, LabelDistribution, Masks
from syntagma.scorers import Scorer
from syntagma.structures import cross_entropy
from syntagma.text.document import Sentence


class LabelLayer(nn.Module):
    """Scores, constraints and distribution of one layer of labels.

    `inference` makes the distribution of the scores, `weight` is the layer's share in the loss.
    """

    temperature: Tensor
    start_mask: Tensor
    pair_mask: Tensor
    end_mask: Tensor

    def __init__(
        self,
        coding: Coding,
        scorer: Scorer,
        *,
        inference: Inference | None = None,
        weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.coding = coding
        self.scorer = scorer
        self.inference = inference or ExactChain()
        self.weight = weight
        self.register_buffer("temperature", torch.ones(()))  # fitted after training: see learning.temperature
        allowed = coding.transitions()
        masks = {"start_mask": allowed.start, "pair_mask": allowed.pairs, "end_mask": allowed.end}
        for name, mask in masks.items():  # rebuilt from the scheme, so never saved
            self.register_buffer(name, torch.from_numpy(~mask), persistent=False)

    def distribution(self, words: WordVectors) -> LabelDistribution:
        """The distribution over label sequences of each sentence.

        What the scheme forbids has probability 0 under the linear chain; under the others that is so of what may not
        begin or end a sentence.
        """
        scores = self.scorer(words.vectors, words.lengths)
        masks = Masks(self.start_mask, self.pair_mask, self.end_mask)
        return self.inference(scores, masks, words.lengths, self.temperature)

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
