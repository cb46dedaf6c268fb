"""The sentences that a recipe's data part names, with the layers it wants to learn."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from syntagma.errors import DataError, RecipeError
from syntagma.recipes.data import Source
from syntagma.recipes.layers import Layer, Spans
from syntagma.text.document import DEPENDENCIES, Document, Sentence, TokenSpan
from syntagma.text.formats import format_of, read_documents

TREE_COLUMNS = ("head", "deprel")


def read_sentences(source: Source, layers: Mapping[str, Layer], folder: Path) -> list[Sentence]:
    """Every sentence of a source that has words, annotated in the recipe's layers and no others.

    Raises:
        DataError, LabelError: the file is missing or malformed, or has none of the layers.
    """
    path = resolve(source.path, folder)
    wanted = {name: layer for name, layer in layers.items() if source.layers is None or name in source.layers}
    sentences = [
        _only(sentence, wanted, source.types)
        for document in _placed(_documents(source, path, wanted))
        for sentence in document.sentences
        if sentence.tokens
    ]
    if not sentences:
        raise DataError("holds no sentence", where=str(path))
    if not any(map(_is_annotated, sentences)):
        raise DataError(
            f"no sentence is annotated in {' or '.join(repr(name) for name in wanted) or 'any layer'}",
            where=str(path),
            fix="Check `columns` and `layers` of this source",
        )
    return sentences


def resolve(path: str, folder: Path) -> Path:
    """A source's path: variables and `~` expanded, relative ones counted from the recipe's folder."""
    return folder / Path(os.path.expandvars(path)).expanduser()


def _documents(source: Source, path: Path, layers: Mapping[str, Layer]) -> Iterator[Document]:
    name = source.format or format_of(path)
    if name == "plain" and not path.is_dir():
        raise DataError(
            "a plain text has no annotation to learn from",
            where=str(path),
            fix='If it has columns, say format = "conll"',
        )
    options = _columns(source, layers) if name == "conll" else {}
    return read_documents(path, name, **options)


def _placed(documents: Iterator[Document]) -> Iterator[Document]:
    for document in documents:
        document.place_sentences()
        yield document


def _columns(source: Source, layers: Mapping[str, Layer]) -> dict[str, Any]:
    """How to read CoNLL columns; the column of a layer that is not wanted from this source is ignored."""
    columns = source.columns
    kinds = {name: layer.kind for name, layer in layers.items() if columns is None or _has_columns(name, columns)}
    if columns is None and len(kinds) > 1:
        raise RecipeError(
            f"it is not said which of the layers {', '.join(kinds)} the last column of '{source.path}' holds",
            fix='Give the source `layers = ["ner"]`, or name its `columns`',
        )
    options: dict[str, Any] = {
        "layers": kinds,
        "separator": source.separator,
        "scheme": source.scheme,
        "types": source.types,
    }
    if columns is not None:
        known = {"word", *kinds, *(TREE_COLUMNS if DEPENDENCIES in kinds else ())}
        options["columns"] = [name if name in known else "-" for name in columns]
    elif any(kind in ("tree", "graph") for kind in kinds.values()):
        raise RecipeError(
            f"it is not said which columns of '{source.path}' hold the trees",
            fix='Name its `columns`: those of heads and relations are called "head" and "deprel"',
        )
    return options


def _has_columns(layer: str, columns: Sequence[str]) -> bool:
    return layer in columns or (layer == DEPENDENCIES and set(TREE_COLUMNS) <= set(columns))


def _is_annotated(sentence: Sentence) -> bool:
    return bool(sentence.spans or sentence.trees or sentence.graphs or any(token.tags for token in sentence.tokens))


def _only(sentence: Sentence, layers: Mapping[str, Layer], types: Mapping[str, str] | None) -> Sentence:
    """The sentence with the wanted layers only, span types renamed."""
    for token in sentence.tokens:
        token.tags = {name: tag for name, tag in token.tags.items() if name in layers}
    spans = {name: spans for name, spans in sentence.spans.items() if isinstance(layers.get(name), Spans)}
    if types is not None:
        spans = {name: list(_renamed(found, types, sentence.where)) for name, found in spans.items()}
    sentence.spans = spans
    sentence.trees = {name: tree for name, tree in sentence.trees.items() if name in layers}
    sentence.graphs = {name: graph for name, graph in sentence.graphs.items() if name in layers}
    return sentence


def _renamed(spans: list[TokenSpan], types: Mapping[str, str], where: str | None) -> Iterator[TokenSpan]:
    known = set(types.values())
    for span in spans:
        label = types.get(span.label, span.label if span.label in known else None)
        if label is None:
            near = get_close_matches(span.label, types, n=1)
            raise DataError(
                f"the span type {span.label!r} is not in the source's `types`",
                where=where,
                fix=f"Did you mean {near[0]!r}?" if near else 'Add it there; an empty name ("") drops it',
            )
        if label:
            yield replace(span, label=label)
