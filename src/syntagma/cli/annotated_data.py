"""Annotated files as options on the command line describe them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from syntagma.cli.exits import UsageError

if TYPE_CHECKING:
    from syntagma.text.document import Document

AnnotatedFormat = Literal["conll", "conllu", "jsonl"]
LayerKind = Literal["tags", "spans", "tree", "graph"]

_NOT_LAYERS = ("word", "-")


def read_annotated(
    path: Path,
    layers: Mapping[str, LayerKind],
    *,
    format: AnnotatedFormat | None,
    columns: str | None,
    types: str | None,
) -> Iterator[Document]:
    """The documents of a file, annotated in some of the model's `layers`.

    Raises:
        UsageError: options that do not fit the format, or a column that is none of the layers.
    """
    from syntagma.text.formats import format_of, read_documents

    chosen = format or format_of(path)
    if chosen == "conll":
        return read_documents(path, chosen, **_conll_options(layers, columns, types))
    if chosen == "plain":
        raise UsageError(f"{path} looks like plain text by its name, which holds no annotation: give --format")
    if columns is not None or types is not None:
        raise UsageError(f"--columns and --types are for CoNLL files, and {path} is read as {chosen}: see --format")
    return read_documents(path, chosen)


def _conll_options(layers: Mapping[str, LayerKind], columns: str | None, types: str | None) -> dict[str, Any]:
    options: dict[str, Any] = {}
    layers = {name: kind for name, kind in layers.items() if kind in ("tags", "spans")}
    if types is not None:
        options["types"] = _parse_types(types)
    if columns is None:
        options["layers"] = _only_layer(layers)
    else:
        names = [name.strip() for name in columns.split(",")]
        unknown = [name for name in names if name not in (*_NOT_LAYERS, *layers)]
        if unknown:
            raise UsageError(f"--columns: '{unknown[0]}' is none of {', '.join((*_NOT_LAYERS, *layers))}")
        options |= {"columns": names, "layers": {name: kind for name, kind in layers.items() if name in names}}
    return options


def _only_layer(layers: Mapping[str, LayerKind]) -> dict[str, LayerKind]:
    """The layer of the last column where no columns are named: entities, or else the first that the model has."""
    name = "ner" if "ner" in layers else next(iter(layers))
    return {name: layers[name]}


def _parse_types(types: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in types.split(",")]
    wrong = [old + new for old, equals, new in pairs if not equals or not old.strip()]
    if wrong:
        raise UsageError(f"--types: '{wrong[0]}' is not of the form OLD=NEW")
    return {old.strip(): new.strip() for old, _, new in pairs}
