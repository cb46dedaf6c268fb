"""A layer of graphs: every word may have any number of heads, as in enhanced dependencies and semantic graphs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from syntagma.encoders.encoder import WordVectors
from syntagma.models.layer import NOTHING, Layer
from syntagma.models.relations import Relations
from syntagma.scorers import HeadScorer
from syntagma.structures import ArcGraph, Structure
from syntagma.text.document import Arc, Sentence

THRESHOLD = 0.5


class GraphLayer(Layer):
    """Every arc is there or not by itself, and has one relation: of two between the same words the first counts."""

    kind = "graph"

    def __init__(self, name: str, relations: Sequence[str], scorer: HeadScorer, *, weight: float = 1.0) -> None:
        super().__init__(name, relations, weight=weight)
        self.scorer = scorer
        self._relations = Relations(name, relations)

    def distribution(self, words: WordVectors) -> ArcGraph:
        """The distribution over graphs of each sentence."""
        scores = self.scorer(words.vectors, words.lengths).tempered(self.temperature)
        return ArcGraph(scores.arcs, words.lengths, scores.relations)

    def encode(self, sentence: Sentence) -> Tensor | None:
        """The relation of every arc, -1 for none, `[words, 1 + words]`; None where there is no graph.

        A word's arc to itself cannot be said, and is left out. Raises LabelError.
        """
        heads = sentence.graphs.get(self.name)
        if heads is None:
            return None
        output = torch.full((len(heads), 1 + len(heads)), NOTHING)
        for word, arcs in enumerate(heads):
            for arc in reversed(arcs):
                if arc.head != word + 1:
                    output[word, arc.head] = self._relations.id_of(arc, sentence)
        return output

    def write(self, found: Structure[Any], sentences: Sequence[Sentence]) -> None:
        """Write the arcs that are rather there than not, each with its best relation and the probability of both."""
        assert isinstance(found, ArcGraph)
        arcs, probabilities = found.marginals()
        assert probabilities is not None
        best = probabilities.argmax(-1)
        for sentence in sentences:
            sentence.graphs[self.name] = [[] for _ in sentence.tokens]
        places = (arcs > THRESHOLD).nonzero()
        chosen = best[tuple(places.T)]
        sure = probabilities[(*places.T, chosen)]
        for (row, word, head), relation, confidence in zip(
            places.tolist(), chosen.tolist(), sure.tolist(), strict=True
        ):
            sentences[row].graphs[self.name][word].append(Arc(head, self.labels[relation], confidence))
