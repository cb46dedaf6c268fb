"""Dependency parsing as sequence labelling: a word's head and relation as one label, the distance and the relation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from syntagma.errors import StructureError
from syntagma.scorers.head_scorer import HeadScorer, HeadScores


class RelativeHead(NamedTuple):
    """A label: the head stands `offset` words to the right (or left, below 0); None: it is the root."""

    offset: int | None
    relation: int


class RelativeHeads(HeadScorer):
    """One linear score for each label (offset, relation), read as the score of that head with that relation.

    So the labels' softmax at a word is over its heads and relations, and a parser of any other kind can be compared
    with it part by part (structural knowledge distillation, case 1b, arXiv 2010.05010). What no label says, and what
    points out of the sentence, has score -inf. A word whose labels all point out of its sentence, which only a short
    sentence can have, takes the root as head with any relation. Parameters: `D L + L`.

    Args:
        width: size D of a word vector.
        relations: how many relations there are.
        labels: the L labels, no two the same.
    """

    word_labels: Tensor
    word_relations: Tensor
    offsets: Tensor
    root_labels: Tensor
    root_relations: Tensor

    def __init__(self, width: int, relations: int, labels: Sequence[RelativeHead]) -> None:
        super().__init__(width, relations)
        _check_labels(labels, relations)
        self.linear = nn.Linear(width, len(labels))
        to_words = [index for index, label in enumerate(labels) if label.offset is not None]
        to_root = [index for index, label in enumerate(labels) if label.offset is None]
        meaning = {
            "word_labels": to_words,
            "word_relations": [labels[index].relation for index in to_words],
            "offsets": [labels[index].offset for index in to_words],
            "root_labels": to_root,
            "root_relations": [labels[index].relation for index in to_root],
        }
        for name, numbers in meaning.items():  # given anew with the labels, so never saved
            self.register_buffer(name, torch.tensor(numbers, dtype=torch.int64), persistent=False)
        self._known = set(labels)

    def allows(self, word: int, head: int, relation: int) -> bool:
        """Whether there is a label for this head and relation of the word (from 0)."""
        return RelativeHead(head - 1 - word if head else None, relation) in self._known

    def _score(self, vectors: Tensor, lengths: Tensor) -> HeadScores:
        labels = self.linear(vectors)
        batch, words, _ = labels.shape
        scores = labels.new_full((batch, words, 1 + words, self.relations), -torch.inf)
        scores[:, :, 0, self.root_relations] = labels[..., self.root_labels]
        places = torch.arange(words, device=labels.device).unsqueeze(1)
        heads = 1 + places + self.offsets  # [words, labels], in CoNLL-U's numbers
        word, label = ((heads >= 1) & (heads <= words)).nonzero(as_tuple=True)
        scores[:, word, heads[word, label], self.word_relations[label]] = labels[:, word, self.word_labels[label]]
        return HeadScores(*self._with_root(scores, lengths))

    def _with_root(self, scores: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of arcs (0) and relations, in which a word without a head in its own sentence can have the root."""
        words = scores.shape[1]
        inside = torch.arange(1 + words, device=scores.device) <= lengths.unsqueeze(1)
        headless = (scores.amax(-1) == -torch.inf).logical_or(~inside.unsqueeze(1)).all(-1)
        root = scores[:, :, :1].masked_fill(headless[:, :, None, None], 0.0)
        scores = torch.cat([root, scores[:, :, 1:]], 2)
        return scores.new_zeros(scores.shape[:3]), scores


def _check_labels(labels: Sequence[RelativeHead], relations: int) -> None:
    if not labels or len(set(labels)) < len(labels):
        raise StructureError("labels of relative heads are missing or repeat", fix="Give each of them once")
    wrong = next((label for label in labels if label.offset == 0 or not 0 <= label.relation < relations), None)
    if wrong is not None:
        raise StructureError(
            f"{wrong} is no label: a word is not its own head, and relations are from 0 to {relations - 1}",
            fix="Take the labels from trees",
        )
