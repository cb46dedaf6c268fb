"""The concatenation baseline: words and both labels side by side through one hidden layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from syntagma.scorers.label_embeddings import DEVIATION, LABEL_WIDTH, RANK, LabelEmbeddings, matrix
from syntagma.scorers.neighbours import BoundaryVectors, Neighbours, split_end
from syntagma.scorers.scorer import ChainScores, Scorer
from syntagma.scorers.words import at_last_word


class Concat(Scorer):
    """`phi_i[a, b] = v tanh(W [h_i; h_{i-1}; e_b; e_a] + c)` (arXiv 2011.05604, the baseline "ConcatScore").

    Without `neighbours` it reads h_i only, and the end step reads the last word's own vector again. No product can be
    taken out of the tanh, so this needs memory for words times labels times rank numbers, where the decomposed
    potentials do not. Parameters: `T t + (D + 2 t) R + 2 R`, with neighbours `T t + (2 D + 2 t) R + 2 R + 2 D`;
    T = K + 2.

    Args:
        width: size D of a word vector.
        labels: how many labels K there are.
        rank: R, size of the hidden layer.
        label_width: size t of a label's embedding.
        neighbours: which word beside the own one is read: "prev", "next", "mean", or None.
        deviation: of the first values of W and v.
    """

    def __init__(
        self,
        width: int,
        labels: int,
        *,
        rank: int = RANK,
        label_width: int = LABEL_WIDTH,
        neighbours: Neighbours | None = None,
        deviation: float = DEVIATION,
    ) -> None:
        super().__init__(width, labels)
        self.neighbours: Neighbours | None = neighbours
        self.embeddings = LabelEmbeddings(labels, label_width)
        self.boundaries = None if neighbours is None else BoundaryVectors(width)
        self.word = matrix(width if neighbours is None else 2 * width, rank, deviation=deviation)
        self.label_from = matrix(label_width, rank, deviation=deviation)
        self.label_to = matrix(label_width, rank, deviation=deviation)
        self.bias = nn.Parameter(torch.zeros(rank))
        self.weigh = matrix(rank, deviation=deviation)

    def _score(self, vectors: Tensor, lengths: Tensor) -> ChainScores:
        labels, start, end = self.embeddings()
        words, last = self._hidden(vectors, lengths)
        before, after = labels @ self.label_from, labels @ self.label_to
        # one label before at a time: [batch, words - 1, labels, rank] is the most there is at once
        transitions = [self._weighed(words[:, 1:], one, after) for one in before]
        return ChainScores(
            vectors.new_zeros(*vectors.shape[:2], self.labels),
            torch.stack(transitions, 2),
            self._weighed(words[:, 0], start @ self.label_from, after),
            self._weighed(last, before, end @ self.label_to),
        )

    def _hidden(self, vectors: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """What the words add to the hidden layer: `[batch, words, rank]`, and of the end step `[batch, rank]`."""
        if self.boundaries is None or self.neighbours is None:
            words = vectors @ self.word + self.bias
            return words, at_last_word(words, lengths)
        around = self.boundaries(vectors, lengths)
        both = torch.cat([around.own, around.neighbour(self.neighbours)], 2)
        return split_end(both @ self.word + self.bias, lengths)

    def _weighed(self, words: Tensor, before: Tensor, after: Tensor) -> Tensor:
        """`[..., rank]` with `before` and `after`, one of which has a row for each of some labels: `[..., labels]`."""
        return torch.tanh(words.unsqueeze(-2) + before + after) @ self.weigh
