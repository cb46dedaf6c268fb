"""The recipe: everything that one run needs, and all that a saved model remembers of how it was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from syntagma.recipes.data import Data
from syntagma.recipes.encoders import Encoder
from syntagma.recipes.learning import Learning
from syntagma.recipes.part import Part
from syntagma.recipes.structures import Independent, LinearChain, Scorer, Softmax, Structure, Vanilla


class Recipe(Part):
    """One run: its data, its model (encoder, scorer, structure) and how it learns."""

    task: Literal["tagging"] = "tagging"
    name: str = Field(default="model", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """The model's name, also of its folder under `runs/` unless `--output` says otherwise."""
    description: str | None = None
    """A sentence for the model card."""
    language: str | None = None
    licence: str | None = None
    """The model's own licence, for its card."""
    notes: str | None = None
    """What else the model card should say: other material and its licences, limits, warnings."""
    seed: int = 1
    weights: Literal["float32", "float16"] = "float32"
    """How the model's weights are stored."""
    data: Data
    encoder: Encoder
    scorer: Scorer = Vanilla()
    structure: Structure = LinearChain()
    learning: Learning = Learning()

    _folder: Path = PrivateAttr(default_factory=Path.cwd)

    @model_validator(mode="before")
    @classmethod
    def _scorer_of_independent_words(cls, values: Any) -> Any:
        """Words that are labelled each by itself have the softmax scorer unless another is asked for."""
        structure = values.get("structure") if isinstance(values, dict) else None
        if isinstance(structure, dict) and structure.get("kind") == "independent":
            return {"scorer": {"kind": "softmax"}} | values
        return values

    @model_validator(mode="after")
    def _scorer_fits_structure(self) -> Self:
        if isinstance(self.structure, Independent) and not isinstance(self.scorer, Softmax):
            raise ValueError(
                f"the structure 'independent' looks at no pairs of labels, and the scorer '{self.scorer.kind}' scores "
                "them: leave the scorer out, or choose the structure 'linear-chain' or 'mean-field'"
            )
        return self

    def located(self, folder: Path) -> Self:
        """The same recipe, whose relative paths count from `folder`."""
        self._folder = folder
        return self

    @property
    def folder(self) -> Path:
        """Where relative paths count from."""
        return self._folder
