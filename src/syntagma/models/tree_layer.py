"""A layer of dependency trees: every word has one head, and the arc to it a relation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from syntagma.encoders.encoder import WordVectors
from syntagma.errors import LabelError
from syntagma.models.head_inference import HeadInference, Trees
from syntagma.models.layer import Layer
from syntagma.models.relations import Relations
from syntagma.scorers import HeadScorer
from syntagma.structures import ArcStructure, NonProjectiveTree, ProjectiveTree, Structure
from syntagma.text.document import Arc, Sentence

LEAST = 1e-30
"""A probability below which one head is as unlikely as another; its logarithm keeps every tree possible."""


class TreeLayer(Layer):
    """Scores of heads, their distribution, and the best tree of it.

    What is written is always a tree with a single root, whatever the structure: the most probable one, or of heads that
    words choose alone the one whose arcs' probabilities have the greatest product; then each arc's best relation.
    """

    kind = "tree"

    def __init__(
        self,
        name: str,
        relations: Sequence[str],
        scorer: HeadScorer,
        *,
        inference: HeadInference | None = None,
        weight: float = 1.0,
    ) -> None:
        super().__init__(name, relations, weight=weight)
        self.scorer = scorer
        self.inference = inference or Trees("nonprojective")
        self._relations = Relations(name, relations)

    def distribution(self, words: WordVectors) -> ArcStructure:
        """The distribution over heads and relations of each sentence."""
        return self.inference(self.scorer(words.vectors, words.lengths), words.lengths, self.temperature)

    def encode(self, sentence: Sentence) -> Tensor | None:
        """Head and relation of every word, `[words, 2]`; None where there is no tree, or one that cannot be had.

        Of the latter kind are trees whose arcs cross, for a structure of trees whose arcs do not, and heads that make
        no tree, for all structures of trees.

        Raises:
            LabelError: an unknown relation, or an arc that the scorer cannot score.
        """
        arcs = sentence.trees.get(self.name)
        if arcs is None or not self.inference.can_have(arcs):
            return None
        output = [[arc.head, self._relations.id_of(arc, sentence)] for arc in arcs]
        for word, (head, relation) in enumerate(output):
            if not self.scorer.allows(word, head, relation):
                raise LabelError(
                    f"word {word + 1} has head {head} by '{self.labels[relation]}', for which layer '{self.name}' "
                    "has no label",
                    where=sentence.where,
                    fix="Train with data that has it, or leave this sentence out",
                )
        return torch.tensor(output)

    def write(self, found: Structure[Any], sentences: Sequence[Sentence]) -> None:
        """Write the best trees; an arc's confidence is the probability of that head with that relation."""
        assert isinstance(found, ArcStructure)
        heads, relations, sure = best_trees(found)
        rows = zip(sentences, heads.tolist(), relations.tolist(), sure.tolist(), strict=True)
        for sentence, its_heads, its_relations, confidences in rows:
            arcs = zip(its_heads, its_relations, confidences, strict=True)
            words = zip(sentence.tokens, arcs, strict=False)  # rows are padded
            sentence.trees[self.name] = [
                Arc(head, self.labels[relation], confidence) for _, (head, relation, confidence) in words
            ]


def best_trees(found: ArcStructure) -> tuple[Tensor, Tensor, Tensor]:
    """Heads of each row's best tree, the best relations of its arcs, and both's probability; `[batch, words]` each."""
    alone = found.heads_alone()
    probabilities = alone.marginals().arcs
    if not isinstance(alone, ProjectiveTree | NonProjectiveTree) or not alone.single_root:
        alone = NonProjectiveTree(probabilities.clamp(min=LEAST).log(), found.lengths)
    heads = alone.argmax().heads
    of_relations, relations = found.relation_probabilities(heads).max(-1)
    of_heads = probabilities.gather(2, heads.clamp(min=0).unsqueeze(2)).squeeze(2)
    return heads, relations, of_heads * of_relations
