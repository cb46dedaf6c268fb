"""The trees and graphs of a sentence as pictures: arcs above its words, the fainter the less sure."""

from __future__ import annotations

from collections.abc import Iterator

from syntagma.drawings import Arc, Drawing, Svg, arcs
from syntagma.errors import LabelError
from syntagma.pipeline.rendering.safe_text import safe_text
from syntagma.text.document import DEPENDENCIES, Sentence

MOST_TREES = 3
"""So many trees of a text are shown without being asked for: they take more room than all else."""


def draw_sentence(sentence: Sentence, layer: str = DEPENDENCIES) -> Svg:
    """One of a sentence's trees or graphs as an SVG file, which a notebook shows as a picture.

    Raises:
        LabelError: the sentence has no tree and no graph of this name.
    """
    if layer not in sentence.trees and layer not in sentence.graphs:
        there = ", ".join((*sentence.trees, *sentence.graphs)) or "none"
        found = f"the sentence has no tree or graph {layer!r} to draw"
        raise LabelError(found, where=sentence.where, fix=f"It has: {there}")
    return _drawing(sentence, layer).file()


def drawings(sentence: Sentence) -> Iterator[tuple[str, Drawing]]:
    """All of a sentence's trees and graphs, each with the name of its layer."""
    for layer in (*sentence.trees, *sentence.graphs):
        yield layer, _drawing(sentence, layer)


def _drawing(sentence: Sentence, layer: str) -> Drawing:
    words = [safe_text(word) for word in sentence.words]
    tags = [safe_text(token.upos or "") for token in sentence.tokens]
    drawn = arcs(words, list(_arcs(sentence, layer)), tags)
    return drawn._replace(label=f"{layer}: {' '.join(words)}")


def _arcs(sentence: Sentence, layer: str) -> Iterator[Arc]:
    heads = [[arc] for arc in sentence.trees[layer]] if layer in sentence.trees else sentence.graphs[layer]
    for word, found in enumerate(heads, 1):
        for arc in found:
            yield Arc(arc.head, word, safe_text(arc.relation), arc.confidence)
