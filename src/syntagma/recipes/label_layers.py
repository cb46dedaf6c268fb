"""From the layer, scorer and structure parts of a recipe to the layers of a tagger."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from syntagma import scorers
from syntagma.models import GraphLayer, LabelLayer, Layer, SegmentLayer, SpanCoding, TagCoding, TreeLayer
from syntagma.models.head_inference import EveryHeadAlone, HeadInference, SecondOrderMeanField, Trees
from syntagma.models.inference import EveryWordAlone, ExactChain, Inference, MeanField
from syntagma.recipes import structures as parts
from syntagma.recipes.layers import Graph, Spans, Tree
from syntagma.recipes.part import Part
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.scorers import (
    Biaffine,
    BiaffineSpans,
    Concat,
    DecomposedPentalinear,
    DecomposedQuadrilinear,
    DecomposedTrilinear,
    RelativeHeads,
    Scorer,
    Softmax,
    ThreeBilinear,
    Trilinear,
    TwoBilinear,
    Vanilla,
)
from syntagma.recipes.vocabularies import Vocabularies

BY_LABEL_WIDTH: dict[type[Part], Callable[..., scorers.Scorer]] = {
    TwoBilinear: scorers.TwoBilinear,
    ThreeBilinear: scorers.ThreeBilinear,
    Trilinear: scorers.Trilinear,
    DecomposedTrilinear: scorers.DecomposedTrilinear,
    DecomposedQuadrilinear: scorers.DecomposedQuadrilinear,
    DecomposedPentalinear: scorers.DecomposedPentalinear,
    Concat: scorers.Concat,
}


def build_layer(recipe: Recipe, name: str, vocabularies: Vocabularies, width: int) -> Layer:
    """A layer over word vectors of this width."""
    layer, structure, labels = recipe.data.labels[name], recipe.structure_of(name), vocabularies.labels[name]
    match layer:
        case Tree():
            scorer = _head_scorer(recipe, name, vocabularies, width)
            return TreeLayer(name, labels, scorer, inference=_head_inference(structure), weight=layer.weight)
        case Graph():
            return GraphLayer(name, labels, _head_scorer(recipe, name, vocabularies, width), weight=layer.weight)
        case Spans() if isinstance(structure, parts.Segments):
            return SegmentLayer(name, labels, _span_scorer(recipe.scorer_of(name), width, labels), weight=layer.weight)
    coding = SpanCoding(name, labels, layer.scheme) if isinstance(layer, Spans) else TagCoding(name, labels)
    chain = _chain_scorer(recipe.scorer_of(name), structure, width, len(coding.labels))
    return LabelLayer(coding, chain, inference=_inference(structure), weight=layer.weight)


def _chain_scorer(part: Scorer, structure: parts.Structure, width: int, labels: int) -> scorers.Scorer:
    """The scorer of a chain, with scores of labels two words apart where its structure is of second order."""
    chain = build_scorer(part, width, labels)
    if not (isinstance(structure, parts.MeanField) and structure.order == 2):
        return chain
    if not isinstance(part, DecomposedQuadrilinear):
        return scorers.SecondOrderScorer(chain, scorers.SkipTable(labels))
    options = part.model_dump(exclude={"kind", "neighbours"})
    return scorers.SecondOrderScorer(chain, scorers.SkipQuadrilinear(width, labels, **options))


def build_scorer(part: Scorer, width: int, labels: int) -> scorers.Scorer:
    """The scorer of a chain's part."""
    match part:
        case Softmax():
            return scorers.Softmax(width, labels)
        case Vanilla():
            return scorers.Vanilla(width, labels)
        case _:
            return BY_LABEL_WIDTH[type(part)](width, labels, **part.model_dump(exclude={"kind"}))


def _inference(part: parts.Structure) -> Inference:
    """The inference of a structure over labels."""
    match part:
        case parts.MeanField():
            return MeanField(part.iterations)
        case parts.Independent():
            return EveryWordAlone()
        case _:
            return ExactChain()


def _head_scorer(recipe: Recipe, name: str, vocabularies: Vocabularies, width: int) -> scorers.HeadScorer:
    """The scorer of a layer of trees or graphs."""
    part, relations = recipe.scorer_of(name), vocabularies.labels[name]
    if isinstance(part, RelativeHeads):
        ids = {relation: index for index, relation in enumerate(relations)}
        labels = [scorers.RelativeHead(offset, ids[of]) for offset, of in vocabularies.relative_heads[name]]
        return scorers.RelativeHeads(width, len(relations), labels)
    assert isinstance(part, Biaffine)
    second = isinstance(recipe.structure_of(name), parts.SecondOrderHeads)
    return scorers.BiaffineHeads(
        width,
        len(relations),
        arc_hidden=part.arc_hidden,
        relation_hidden=part.relation_hidden,
        second_order_hidden=part.second_order_hidden if second else None,
        dropout=part.dropout,
    )


def _head_inference(part: parts.Structure) -> HeadInference:
    """The inference of a structure over heads."""
    match part:
        case parts.ProjectiveTree():
            return Trees("projective", part.single_root)
        case parts.NonProjectiveTree():
            return Trees("nonprojective", part.single_root)
        case parts.SecondOrderHeads():
            return SecondOrderMeanField(part.iterations)
        case _:
            return EveryHeadAlone()


def _span_scorer(part: Scorer, width: int, labels: Sequence[str]) -> scorers.BiaffineSpans:
    """The scorer of a layer of segments."""
    assert isinstance(part, BiaffineSpans)
    return scorers.BiaffineSpans(width, len(labels), widest=part.widest, hidden=part.hidden, dropout=part.dropout)
