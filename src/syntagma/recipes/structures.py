"""The structure parts of a recipe: distributions over labels, trees, graphs, spans."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from syntagma.recipes.part import Part


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


class _Tree(Part):
    """What the distributions over trees have in common."""

    single_root: bool = True
    """Whether exactly one word of a sentence hangs from the root; otherwise one or more."""


class ProjectiveTree(_Tree):
    """Dependency trees whose arcs do not cross."""

    kind: Literal["projective-tree"] = "projective-tree"


class NonProjectiveTree(_Tree):
    """Dependency trees whose arcs may cross."""

    kind: Literal["nonprojective-tree"] = "nonprojective-tree"


class Heads(Part):
    """Every word's head by itself; the best tree is looked for when a text is annotated."""

    kind: Literal["heads"] = "heads"


class SecondOrderHeads(Part):
    """Every word's head, after rounds of messages about siblings and grandparents (arXiv 2010.05003)."""

    kind: Literal["second-order-heads"] = "second-order-heads"
    iterations: int = Field(default=3, ge=0, le=100)
    """How many rounds."""


class ArcGraph(Part):
    """Graphs in which every arc is there or not by itself."""

    kind: Literal["arc-graph"] = "arc-graph"


class Segments(Part):
    """Labelled spans that do not overlap, each with a score of its own."""

    kind: Literal["segments"] = "segments"


LabelStructure = LinearChain | MeanField | Independent
TreeStructure = ProjectiveTree | NonProjectiveTree | Heads | SecondOrderHeads
Structure = Annotated[LabelStructure | TreeStructure | ArcGraph | Segments, Field(discriminator="kind")]
