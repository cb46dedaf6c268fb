"""Which trees of the training data a model cannot learn, since its structures cannot have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syntagma.errors import DataError
from syntagma.models import Tagger, TreeLayer
from syntagma.text.document import Sentence
from syntagma.text.trees import tree_fault


def check_trees(tagger: Tagger, sentences: Sequence[Sentence]) -> None:
    """Raises DataError for a layer with trees of which it could learn none."""
    for name, layer in _tree_layers(tagger):
        known = [sentence for sentence in sentences if name in sentence.trees]
        if known and not any(layer.inference.can_have(sentence.trees[name]) for sentence in known):
            fault = tree_fault(known[0].trees[name]) or "arcs that cross"
            raise DataError(
                f"the structure of layer '{name}' can have none of the training data's trees; this one has {fault}",
                where=known[0].where,
                fix='Mend the data, or choose another structure: "heads" learns from any heads',
            )


def left_out(tagger: Tagger, sentences: Sequence[Sentence]) -> Iterator[tuple[str, int]]:
    """By layer, in words, how many trees were not learned from."""
    for name, layer in _tree_layers(tagger):
        trees = [sentence.trees[name] for sentence in sentences if name in sentence.trees]
        count = sum(not layer.inference.can_have(arcs) for arcs in trees)
        if count:
            yield f"sentences left out of {name}, whose arcs cross or make no tree", count


def _tree_layers(tagger: Tagger) -> Iterator[tuple[str, TreeLayer]]:
    for name, layer in tagger.layers.items():
        if isinstance(layer, TreeLayer):
            yield name, layer
