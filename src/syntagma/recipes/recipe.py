"""The recipe of a tagger: everything that one run needs, and all that a saved model remembers of how it was made."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from syntagma.recipes.data import Data
from syntagma.recipes.distillation import Distillation
from syntagma.recipes.encoders import Encoder
from syntagma.recipes.layers import SCORERS, STRUCTURES, kind_of
from syntagma.recipes.learning import Learning
from syntagma.recipes.part import Part
from syntagma.recipes.run import Run
from syntagma.recipes.scorers import Scorer
from syntagma.recipes.search import Search
from syntagma.recipes.structures import Structure


class Recipe(Run):
    """One run: its data, its model (encoder, scorer, structure) and how it learns."""

    task: Literal["tagging"] = "tagging"
    data: Data
    encoder: Encoder
    scorer: Scorer | None = None
    """Of every layer that it suits and that has none of its own; by default the first that suits the structure."""
    structure: Structure | None = None
    """Of every layer that it suits and that has none of its own; by default the first that suits the layer."""
    learning: Learning = Learning()
    search: Search | None = None
    """How `syntagma search` goes about it; `syntagma train` does not look at it."""
    distillation: Distillation | None = None
    """Who teaches, for `syntagma distill`; `syntagma train` does not look at it."""

    def structure_of(self, layer: str) -> Structure:
        """The structure of a layer."""
        part = self.data.labels[layer]
        return _own_or_given(part.structure, self.structure, STRUCTURES[type(part)])  # type: ignore[return-value]

    def scorer_of(self, layer: str) -> Scorer:
        """The scorer of a layer."""
        suiting = SCORERS[type(self.structure_of(layer))]
        return _own_or_given(self.data.labels[layer].scorer, self.scorer, suiting)  # type: ignore[return-value]

    @model_validator(mode="after")
    def _parts_suit_the_layers(self) -> Self:
        for name, part in self.data.labels.items():
            _check_suits(part.structure, STRUCTURES[type(part)], f"the layer '{name}' of kind '{part.kind}'")
            structure = self.structure_of(name)
            _check_suits(part.scorer, SCORERS[type(structure)], f"the structure '{structure.kind}' of layer '{name}'")
        used = [part for name in self.data.labels for part in (self.structure_of(name), self.scorer_of(name))]
        for given in (self.structure, self.scorer):
            if given is not None and not any(given is part for part in used):
                raise ValueError(self._idle(given))
        return self

    @model_validator(mode="after")
    def _chosen_by_a_layer(self) -> Self:
        select = self.learning.select
        if select is not None and select not in self.data.labels:
            raise ValueError(f"`learning.select` is '{select}', and the layers are {', '.join(self.data.labels)}")
        return self

    def _idle(self, given: Structure | Scorer) -> str:
        """Why a part that the recipe gives is no layer's."""
        what = "scorer" if given is self.scorer else "structure"
        needs = []
        for name, part in self.data.labels.items():
            structure = self.structure_of(name)
            known = SCORERS[type(structure)] if what == "scorer" else STRUCTURES[type(part)]
            whose = f"the structure '{structure.kind}' of layer '{name}'" if what == "scorer" else f"the layer '{name}'"
            needs.append(f"{whose} can have {_names(known)}")
        return f"the {what} '{given.kind}' suits no layer: {'; '.join(needs)}"


def _own_or_given(own: Part | None, given: Part | None, suiting: tuple[type[Part], ...]) -> Part:
    if own is not None:
        return own
    return given if isinstance(given, suiting) else suiting[0]()


def _check_suits(part: Structure | Scorer | None, suiting: tuple[type[Part], ...], what: str) -> None:
    if part is not None and not isinstance(part, suiting):
        raise ValueError(f"'{part.kind}' does not suit {what}, which can have {_names(suiting)}")


def _names(parts: tuple[type[Part], ...]) -> str:
    return " or ".join(f"'{kind_of(part)}'" for part in parts)
