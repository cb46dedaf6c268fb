"""The scorer and structure parts of a recipe."""

from __future__ import annotations

from typing import Literal

from syntagma.recipes.part import Part


class Vanilla(Part):
    """A label's score from the word's vector, and one score for each pair of labels."""

    kind: Literal["vanilla"] = "vanilla"


class LinearChain(Part):
    """Exact inference over label sequences."""

    kind: Literal["linear-chain"] = "linear-chain"


Scorer = Vanilla
Structure = LinearChain
