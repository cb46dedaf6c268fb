"""A model that learns from teachers and from gold annotation at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from syntagma.encoders.encoder import WordVectors
from syntagma.learning.distillation.lessons import Lesson, Targets
from syntagma.learning.objectives import Average, Interpolation
from syntagma.models import Layer, Tagger
from syntagma.models.layer import padded
from syntagma.structures import cross_entropy
from syntagma.text.view import view_of


class Student(nn.Module):
    """A tagger while it is taught; what the trainer fits.

    Of a sentence that is annotated and has a teacher the loss is `lambda * teacher's + (1 - lambda) * gold's`, layer by
    layer; of one that has only either, that one's. It knows nothing of which structures the two have.

    Args:
        tagger: the model.
        objectives: what is learned from teachers, by layer.
        targets: reads what teachers said.
        interpolation: how lambda falls.
        steps: of the whole training, over which lambda falls; may be set once they are known.
    """

    steps_done: Tensor

    def __init__(
        self,
        tagger: Tagger,
        objectives: Mapping[str, Average],
        targets: Targets,
        *,
        interpolation: Interpolation,
        steps: int = 1,
    ) -> None:
        super().__init__()
        self.tagger = tagger
        self.objectives = dict(objectives)
        self.targets = targets
        self.interpolation = interpolation
        self.steps = steps
        self.register_buffer("steps_done", torch.zeros((), dtype=torch.int64))  # kept in checkpoints

    @property
    def share(self) -> float:
        """Lambda as it is now."""
        return self.interpolation.at(int(self.steps_done) / self.steps)

    def loss(self, lessons: Sequence[Lesson]) -> Tensor:
        """The loss a word, a scalar: summed over layers and sentences, divided by the number of words."""
        words = self.tagger.encoder([view_of(lesson.sentence) for lesson in lessons])
        share = self.share
        losses = [
            layer.weight * loss
            for name, layer in self.tagger.layers.items()
            for loss in self._losses(name, layer, words, lessons, share)
        ]
        if self.training:
            self.steps_done += 1
        total = torch.stack(losses).sum() if losses else words.vectors.sum() * 0.0
        return total / words.lengths.sum()

    def _losses(
        self, name: str, layer: Layer, words: WordVectors, lessons: Sequence[Lesson], share: float
    ) -> Iterator[Tensor]:
        """Of each group of sentences that learn from the same, the sum over sentences."""
        for rows, gold in self._groups(name, layer, lessons, words.vectors.device):
            group = [lessons[row] for row in rows]
            lengths = words.lengths[rows]
            found = layer.distribution(WordVectors(words.vectors[rows, : int(lengths.max())], lengths))
            if gold is not None and (share == 0 or not group[0].teaches(name)):
                yield cross_entropy(gold, found).sum()
                continue
            objective, targets = self.objectives[name], self.targets.of(group, name, words.vectors.device)
            if gold is None or share == 1:
                yield objective.loss(targets, found).sum()
            else:
                yield objective.interpolated(targets, gold, share, found).sum()

    def _groups(
        self, name: str, layer: Layer, lessons: Sequence[Lesson], device: torch.device
    ) -> Iterator[tuple[list[int], Tensor | None]]:
        """Rows that all have a teacher, or none, and gold outputs if they have; those that have neither are out.

        One distribution a group then serves both parts of the loss.
        """
        gold = {
            row: output
            for row, lesson in enumerate(lessons)
            if name in lesson.annotated and (output := layer.encode(lesson.sentence)) is not None
        }
        groups: dict[tuple[bool, bool], list[int]] = defaultdict(list)
        for row, lesson in enumerate(lessons):
            groups[lesson.teaches(name), row in gold].append(row)
        for (taught, annotated), rows in groups.items():
            if annotated:
                yield rows, padded([gold[row] for row in rows]).to(device)
            elif taught:
                yield rows, None
