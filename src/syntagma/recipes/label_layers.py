"""From the scorer and structure parts of a recipe to the layers of a tagger."""

from __future__ import annotations

from collections.abc import Callable

from syntagma import scorers
from syntagma.models import LabelLayer, SpanCoding, TagCoding
from syntagma.models.inference import EveryWordAlone, ExactChain, Inference, MeanField
from syntagma.recipes.data import Layer, Spans
from syntagma.recipes.part import Part
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.structures import (
    Concat,
    DecomposedPentalinear,
    DecomposedQuadrilinear,
    DecomposedTrilinear,
    Independent,
    LinearChain,
    MeanField as MeanFieldPart,
    Scorer,
    Softmax,
    Structure,
    ThreeBilinear,
    Trilinear,
    TwoBilinear,
    Vanilla,
)

BY_LABEL_WIDTH: dict[type[Part], Callable[..., scorers.Scorer]] = {
    TwoBilinear: scorers.TwoBilinear,
    ThreeBilinear: scorers.ThreeBilinear,
    Trilinear: scorers.Trilinear,
    DecomposedTrilinear: scorers.DecomposedTrilinear,
    DecomposedQuadrilinear: scorers.DecomposedQuadrilinear,
    DecomposedPentalinear: scorers.DecomposedPentalinear,
    Concat: scorers.Concat,
}


def build_layer(recipe: Recipe, name: str, labels: list[str], width: int) -> LabelLayer:
    """A layer over word vectors of this width; `labels` are its tags, or the types of its spans."""
    layer: Layer = recipe.data.labels[name]
    coding = SpanCoding(name, labels, layer.scheme) if isinstance(layer, Spans) else TagCoding(name, labels)
    return LabelLayer(
        coding,
        _layer_scorer(recipe, width, len(coding.labels)),
        inference=build_inference(recipe.structure),
        weight=layer.weight,
    )


def _layer_scorer(recipe: Recipe, width: int, labels: int) -> scorers.Scorer:
    """The recipe's scorer, with scores of labels two words apart where its structure is of second order."""
    chain = build_scorer(recipe.scorer, width, labels)
    if not (isinstance(recipe.structure, MeanFieldPart) and recipe.structure.order == 2):
        return chain
    part = recipe.scorer
    if not isinstance(part, DecomposedQuadrilinear):
        return scorers.SecondOrderScorer(chain, scorers.SkipTable(labels))
    options = part.model_dump(exclude={"kind", "neighbours"})
    return scorers.SecondOrderScorer(chain, scorers.SkipQuadrilinear(width, labels, **options))


def build_scorer(part: Scorer, width: int, labels: int) -> scorers.Scorer:
    """The scorer of a part."""
    match part:
        case Softmax():
            return scorers.Softmax(width, labels)
        case Vanilla():
            return scorers.Vanilla(width, labels)
        case _:
            return BY_LABEL_WIDTH[type(part)](width, labels, **part.model_dump(exclude={"kind"}))


def build_inference(part: Structure) -> Inference:
    """The inference of a part."""
    match part:
        case LinearChain():
            return ExactChain()
        case MeanFieldPart():
            return MeanField(part.iterations)
        case Independent():
            return EveryWordAlone()
