"""The layers of labels that a recipe can ask for, and which scorers and structures suit each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from syntagma.recipes.part import Part
from syntagma.recipes.scorers import Biaffine, BiaffineSpans, ChainScorer, RelativeHeads, Scorer, Softmax, Vanilla
from syntagma.recipes.structures import (
    ArcGraph,
    Heads,
    Independent,
    LinearChain,
    MeanField,
    NonProjectiveTree,
    ProjectiveTree,
    SecondOrderHeads,
    Segments,
    Structure,
)
from syntagma.text.label_schemes import LabelScheme


class _Layer(Part):
    """What all layers can say."""

    weight: float = Field(default=1.0, gt=0)
    """The layer's share in the loss."""
    scorer: Scorer | None = None
    """By default the recipe's, if it suits the layer."""
    structure: Structure | None = None
    """By default the recipe's, if it suits the layer."""


class Tags(_Layer):
    """A layer with one label a word."""

    kind: Literal["tags"] = "tags"


class Spans(_Layer):
    """A layer of labelled spans: written as labels by a scheme inside the model, or as they are ("segments")."""

    kind: Literal["spans"] = "spans"
    scheme: LabelScheme = LabelScheme.BIOES


class Tree(_Layer):
    """A layer of dependency trees: one head a word."""

    kind: Literal["tree"] = "tree"


class Graph(_Layer):
    """A layer of graphs: any number of heads a word."""

    kind: Literal["graph"] = "graph"


Layer = Annotated[Tags | Spans | Tree | Graph, Field(discriminator="kind")]
WELL_KNOWN: Mapping[str, Mapping[str, str]] = {
    "ner": {"kind": "spans"},
    "chunks": {"kind": "spans"},
    "upos": {"kind": "tags"},
    "xpos": {"kind": "tags"},
    "dependencies": {"kind": "tree"},
    "enhanced": {"kind": "graph"},
}

STRUCTURES: Mapping[type[Part], tuple[type[Part], ...]] = {
    Tags: (LinearChain, MeanField, Independent),
    Spans: (LinearChain, MeanField, Independent, Segments),
    Tree: (NonProjectiveTree, ProjectiveTree, Heads, SecondOrderHeads),
    Graph: (ArcGraph,),
}
"""Those that suit a kind of layer; the first is the default."""

_OF_CHAINS = (Vanilla, *(kind for kind in ChainScorer.__args__ if kind is not Vanilla))
SCORERS: Mapping[type[Part], tuple[type[Part], ...]] = {
    LinearChain: _OF_CHAINS,
    MeanField: _OF_CHAINS,
    Independent: (Softmax,),
    NonProjectiveTree: (Biaffine, RelativeHeads),
    ProjectiveTree: (Biaffine, RelativeHeads),
    Heads: (Biaffine, RelativeHeads),
    SecondOrderHeads: (Biaffine,),
    ArcGraph: (Biaffine,),
    Segments: (BiaffineSpans,),
}
"""Those that suit a structure; the first is the default."""


def kind_of(part: type[Part]) -> str:
    """What a recipe calls it."""
    return str(part.model_fields["kind"].default)
