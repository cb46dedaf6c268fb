"""The recipe of a tagger: everything that one run needs, and all that a saved model remembers of how it was made."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ValidationInfo, field_validator, model_validator

from syntagma.recipes.data import Data
from syntagma.recipes.encoders import Encoder
from syntagma.recipes.learning import Learning
from syntagma.recipes.run import Run
from syntagma.recipes.search import Search
from syntagma.recipes.structures import Independent, LinearChain, Scorer, Softmax, Structure, Vanilla


class Recipe(Run):
    """One run: its data, its model (encoder, scorer, structure) and how it learns."""

    task: Literal["tagging"] = "tagging"
    data: Data
    encoder: Encoder
    scorer: Scorer = Vanilla()
    structure: Structure = LinearChain()
    learning: Learning = Learning()
    search: Search | None = None
    """How `syntagma search` goes about it; `syntagma train` does not look at it."""

    @model_validator(mode="before")
    @classmethod
    def _scorer_of_independent_words(cls, values: Any) -> Any:
        """Words that are labelled each by itself have the softmax scorer unless another is asked for."""
        structure = values.get("structure") if isinstance(values, dict) else None
        if isinstance(structure, dict) and structure.get("kind") == "independent":
            return {"scorer": {"kind": "softmax"}} | values
        return values

    @field_validator("structure")
    @classmethod
    def _fits_the_scorer(cls, structure: Structure, others: ValidationInfo) -> Structure:
        scorer = others.data.get("scorer")
        if isinstance(structure, Independent) and scorer is not None and not isinstance(scorer, Softmax):
            raise ValueError(
                f"'independent' looks at no pairs of labels, and the scorer '{scorer.kind}' scores them: "
                "leave the scorer out, or choose the structure 'linear-chain' or 'mean-field'"
            )
        return structure
