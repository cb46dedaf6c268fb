"""The scorer parts of a recipe: of chains of labels, of heads, of spans."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from syntagma.recipes.part import Part


class Softmax(Part):
    """A label's score from the word's vector alone."""

    kind: Literal["softmax"] = "softmax"


class Vanilla(Part):
    """A label's score from the word's vector, and one score for each pair of labels."""

    kind: Literal["vanilla"] = "vanilla"


class _Embedded(Part):
    """What the scorers have in common that embed labels (arXiv 2011.05604)."""

    label_width: int = Field(default=20, ge=1, le=10_000)
    """Size of a label's embedding."""
    deviation: float = Field(default=0.1545, gt=0)
    """Standard deviation of the matrices' first values."""


class _Decomposed(_Embedded):
    """What the scorers have in common whose tensor is a sum of products."""

    rank: int = Field(default=396, ge=1, le=100_000)
    """How many products."""
    scale: bool = False
    """Divide the scores by the square root of the rank."""


class TwoBilinear(_Embedded):
    """Word with label, and label with label."""

    kind: Literal["two-bilinear"] = "two-bilinear"


class ThreeBilinear(_Embedded):
    """Word with label, word with the label before, and label with label."""

    kind: Literal["three-bilinear"] = "three-bilinear"


class Trilinear(_Embedded):
    """Word and two labels in one full tensor."""

    kind: Literal["trilinear"] = "trilinear"


class DecomposedTrilinear(_Decomposed):
    """Word and two labels, decomposed."""

    kind: Literal["decomposed-trilinear"] = "decomposed-trilinear"


class DecomposedQuadrilinear(_Decomposed):
    """Two words and two labels, decomposed."""

    kind: Literal["decomposed-quadrilinear"] = "decomposed-quadrilinear"
    neighbours: Literal["prev", "next", "mean"] = "prev"
    """The other word: the one before, the one after, or the mean of both."""


class DecomposedPentalinear(_Decomposed):
    """Three words and two labels, decomposed."""

    kind: Literal["decomposed-pentalinear"] = "decomposed-pentalinear"


class Concat(_Embedded):
    """Words and labels through a hidden layer: a baseline, slow and hungry for memory."""

    kind: Literal["concat"] = "concat"
    rank: int = Field(default=396, ge=1, le=100_000)
    """Size of the hidden layer."""
    neighbours: Literal["prev", "next", "mean"] | None = None
    """A second word: the one before, the one after, or the mean of both."""


class Biaffine(Part):
    """A word's heads and their relations by biaffine products (arXiv 1611.01734); of trees and graphs."""

    kind: Literal["biaffine"] = "biaffine"
    arc_hidden: int = Field(default=500, ge=1, le=10_000)
    """Size of a word as dependent and as head, for arcs."""
    relation_hidden: int = Field(default=100, ge=1, le=10_000)
    """The same for relations."""
    second_order_hidden: int = Field(default=150, ge=1, le=10_000)
    """The same for two arcs at once, and the rank of their scores; structure "second-order-heads" only."""
    dropout: float = Field(default=0.33, ge=0, lt=1)
    """Of these features while training."""


class RelativeHeads(Part):
    """A word's head and relation as one label, the distance to the head and the relation: parsing as labelling."""

    kind: Literal["relative-heads"] = "relative-heads"


class BiaffineSpans(Part):
    """A labelled span's score from its first and last word (arXiv 2005.07150)."""

    kind: Literal["biaffine-spans"] = "biaffine-spans"
    widest: int | None = Field(default=None, ge=1)
    """How many words a span may have; by default any number."""
    hidden: int = Field(default=150, ge=1, le=10_000)
    """Size of a word as beginning and as end."""
    dropout: float = Field(default=0.2, ge=0, lt=1)
    """Of these features while training."""


ChainScorer = (
    Softmax
    | Vanilla
    | TwoBilinear
    | ThreeBilinear
    | Trilinear
    | DecomposedTrilinear
    | DecomposedQuadrilinear
    | DecomposedPentalinear
    | Concat
)
HeadScorer = Biaffine | RelativeHeads
Scorer = Annotated[ChainScorer | HeadScorer | BiaffineSpans, Field(discriminator="kind")]
