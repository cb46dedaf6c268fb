"""The search part of a recipe: how the best of its candidate encoders are looked for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from syntagma.recipes.caching import Caching


class Search(Caching):
    """How `syntagma search` chooses among the members of the encoder's concatenation; `train` uses them all."""

    strategy: Literal["ace", "random", "all", "greedy", "exhaustive"] = "ace"
    episodes: int = Field(default=30, ge=1)
    epochs: int = Field(default=2, ge=1)
    """Of each episode but the first. It takes the place of `learning.epochs`."""
    first_epochs: int = Field(default=10, ge=1)
    """Of the first episode, in which all candidates learn. With so many that the scores have stopped rising, those of
    later episodes say what their combinations are worth (arXiv 2010.05006). Every strategy has as many in all."""
    discount: float = Field(default=0.5, ge=0, le=1)
    """Strategy "ace": what each further differing candidate makes of a difference in score."""
    rate: float = Field(default=0.1, gt=0)
    """Strategy "ace": learning rate of the beliefs, for scores in points."""
    momentum: float = Field(default=0.9, ge=0, lt=1)
    """Strategy "ace"."""
    damping: Literal["sqrt", "log"] | None = None
    """Strategy "ace": what is taken of each difference in score; by default the difference itself."""
    curve: bool = False
    """Strategy "ace": learn from how far scores lie above the learning curve `a + b / t + c log t` of the search, and
    not from the scores; for episodes so short that later ones score higher whatever they are made of."""
    final: Literal["found", "retrained"] = "found"
    """The model that is saved: with the best weights of the search (ACE), or the chosen candidates trained anew, as
    `syntagma train` does with `learning`."""
