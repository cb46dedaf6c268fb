"""How a transformer reads: the one place where its settings and their defaults stand."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args, get_type_hints

from syntagma.encoders.reading import Pooling
from syntagma.errors import RecipeError

Layers = Literal["last", "average", "mix"]
Context = Literal["given", "document"]


@dataclass(frozen=True, slots=True)
class TransformerOptions:
    """Settings of the encoder `Transformer`. Raises RecipeError for a choice that there is not."""

    tuned: bool = True
    """Learn its weights too; otherwise they are fixed and its dropout is off."""
    pooling: Pooling = "first"
    """A word's vector is the state of its first sub-token, or the mean over them."""
    layers: Layers = "last"
    """States of the last layer, the average of the last four, or a learned weighted mean of all."""
    context: Context = "given"
    """Read beside the own words what the view gives as context, or the words around them in the document as well."""
    window: int | None = None
    """Ids read together, special ones included; by default what the model was made for, at most 512."""
    stride: int | None = None
    """Distance between the windows of a longer sentence; by default half a window."""

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for field in fields(self):
            choices, value = get_args(hints[field.name]), getattr(self, field.name)
            if choices and all(isinstance(choice, str) for choice in choices) and value not in choices:
                raise RecipeError(f"{field.name} = '{value}' is not known", fix="Choose one of: " + ", ".join(choices))
