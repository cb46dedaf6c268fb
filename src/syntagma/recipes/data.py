"""The data part of a recipe: which files, in which format, and which layers of labels to learn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from syntagma.recipes.layers import WELL_KNOWN, Layer
from syntagma.recipes.part import Part
from syntagma.text.label_schemes import LabelScheme


class Source(Part):
    """One file of annotated sentences."""

    path: str
    """Relative to the recipe's folder; `~` and environment variables are expanded."""
    format: Literal["conll", "conllu", "jsonl", "plain"] | None = None
    """By default told from the file's name; "plain" only for language models."""
    columns: list[str] | None = None
    """CoNLL only: each column's meaning: "word", a layer's name, or "-" for a column to ignore."""
    separator: str | None = None
    """CoNLL only: what separates columns; by default tabs where there are any, else blanks."""
    scheme: LabelScheme | None = None
    """CoNLL only: the label scheme of the span layer in the file; by default found out."""
    types: dict[str, str] | None = None
    """New names for span types; an empty name drops the type."""
    layers: list[str] | None = None
    """The layers to take from this file, where it holds more than should be learned."""
    repeat: int = Field(default=1, ge=1, le=100)
    """How often an epoch goes through this file (training only)."""
    name: str | None = None
    """What reports, the model card and the `sources` of teachers call this data; by default its file's name."""
    licence: str | None = None
    """The data's licence, for the model card."""

    @property
    def title(self) -> str:
        """Its name, or its file's."""
        return self.name or Path(self.path).name


def _as_sources(value: Any) -> Any:
    values = value if isinstance(value, list) else [value]
    return [{"path": item} if isinstance(item, str) else item for item in values]


def _as_layers(value: Any) -> Any:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list):
        return names
    unknown = [name for name in names if name not in WELL_KNOWN]
    if unknown:
        raise ValueError(
            f"the layer {unknown[0]!r} is not one of {', '.join(WELL_KNOWN)}: "
            f'give it a table [data.labels.{unknown[0]}] with kind = "tags", "spans", "tree" or "graph"'
        )
    return {name: WELL_KNOWN[name] for name in names}


Sources = Annotated[list[Source], BeforeValidator(_as_sources)]


class Data(Part):
    """Training, dev and test files and the layers to learn from them.

    A file, a list of files, or tables with more to say about each. `labels` is a layer's name ("ner", "upos", ...),
    several, or a table for each.
    """

    train: Sources
    dev: Sources = Field(min_length=1)
    test: Sources = Field(default_factory=list)
    labels: Annotated[dict[str, Layer], BeforeValidator(_as_layers)] = Field(min_length=1)
