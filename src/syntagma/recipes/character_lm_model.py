"""Character language models as a folder: written by their training, read by the taggers that use them."""

from __future__ import annotations

from pathlib import Path

import tomli_w
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file

from syntagma.atomic import replace_folder
from syntagma.encoders import CharacterLM
from syntagma.errors import ModelError
from syntagma.models import CharacterLanguageModels
from syntagma.models.weights import PRECISIONS, write_weights
from syntagma.recipes.character_lm import CharacterLMRecipe
from syntagma.recipes.datasets import resolve
from syntagma.recipes.encoders import CharacterLM as CharacterLMPart
from syntagma.recipes.manifest import broken, verify, write_manifest
from syntagma.recipes.part import Part

RECIPE, WEIGHTS, SHAPE, CARD = "recipe.toml", "weights.safetensors", "shape.json", "README.md"
_ENCODER = "encoder."


class CharacterLMShape(Part):
    """What the weights of the models do not say."""

    alphabet: list[str]
    embedding: int
    hidden: int
    layers: int


def save_character_lm(
    folder: Path, recipe: CharacterLMRecipe, models: CharacterLanguageModels, shape: CharacterLMShape, *, card: str
) -> None:
    """Write the models, replacing older ones of that name only when everything is on disk. Raises OutputError."""
    with replace_folder(folder) as fresh:
        write_weights(fresh / WEIGHTS, models.state_dict(), dtype=PRECISIONS[recipe.weights])
        (fresh / RECIPE).write_text(tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True)), encoding="utf-8")
        (fresh / SHAPE).write_text(shape.model_dump_json(), encoding="utf-8")
        (fresh / CARD).write_text(card, encoding="utf-8")
        write_manifest(fresh)


def load_character_lm(folder: Path, *, frozen: bool = True) -> CharacterLM:
    """The encoder that the models of a folder make, in float32.

    Raises:
        ModelError: the folder is missing, was changed, or holds another kind of model.
    """
    shape = _read_shape(folder)
    encoder = empty_character_lm(shape, frozen=frozen)
    try:
        weights = load_file(folder / WEIGHTS)
        own = {name.removeprefix(_ENCODER): w.float() for name, w in weights.items() if name.startswith(_ENCODER)}
        encoder.load_state_dict(own)
    except (SafetensorError, RuntimeError, OSError) as error:
        raise broken(folder, f"its files do not fit together: {error}") from error
    return encoder.eval()


def shape_of(part: CharacterLMPart, folder: Path) -> CharacterLMShape:
    """The shape of the models that an encoder of a recipe names. Raises ModelError as `load_character_lm`."""
    return _read_shape(resolve(part.model, folder))


def empty_character_lm(shape: CharacterLMShape, *, frozen: bool) -> CharacterLM:
    """An encoder of that shape, its weights still random."""
    return CharacterLM(shape.alphabet, shape.embedding, shape.hidden, shape.layers, frozen=frozen)


def _read_shape(folder: Path) -> CharacterLMShape:
    if (folder / RECIPE).is_file() and not (folder / SHAPE).is_file():
        raise ModelError(
            "is a model, but not of characters", where=str(folder), fix='Give one of the task "character-lm"'
        )
    verify(folder, (RECIPE, WEIGHTS, SHAPE))
    try:
        return CharacterLMShape.model_validate_json((folder / SHAPE).read_bytes())
    except ValidationError as error:
        raise broken(folder, f"its shape cannot be read: {error}") from error
