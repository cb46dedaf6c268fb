"""The scorer and structure parts of a recipe."""

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


Scorer = Annotated[
    Softmax
    | Vanilla
    | TwoBilinear
    | ThreeBilinear
    | Trilinear
    | DecomposedTrilinear
    | DecomposedQuadrilinear
    | DecomposedPentalinear
    | Concat,
    Field(discriminator="kind"),
]


class LinearChain(Part):
    """Exact inference over label sequences."""

    kind: Literal["linear-chain"] = "linear-chain"


class MeanField(Part):
    """Parallel inference by rounds of messages, after which words are independent (arXiv 2009.08229)."""

    kind: Literal["mean-field"] = "mean-field"
    iterations: int = Field(default=3, ge=0, le=100)
    """How many rounds."""
    order: Literal[1, 2] = 1
    """1: neighbouring labels know each other; 2: also labels with one word between them."""


class Independent(Part):
    """Every word's label by itself; its scorer is "softmax"."""

    kind: Literal["independent"] = "independent"


Structure = Annotated[LinearChain | MeanField | Independent, Field(discriminator="kind")]
