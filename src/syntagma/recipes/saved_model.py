"""A model as a folder: recipe, weights, vocabularies, card, and a manifest that gives a changed file away."""

from __future__ import annotations

from pathlib import Path

import tomli_w
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from syntagma.atomic import replace_folder
from syntagma.encoders import Transformer
from syntagma.errors import ModelError, SyntagmaError
from syntagma.models import Tagger
from syntagma.models.weights import PRECISIONS, write_weights
from syntagma.recipes.building import Materials, build_tagger
from syntagma.recipes.character_lm_model import SHAPE
from syntagma.recipes.loading import parse_recipe
from syntagma.recipes.manifest import broken, verify, write_manifest
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.toml_file import read_toml
from syntagma.recipes.vocabularies import Vocabularies, encoder_parts

RECIPE, WEIGHTS, VOCABULARIES, CARD = "recipe.toml", "weights.safetensors", "vocabularies.json", "README.md"


def save_model(
    folder: Path, recipe: Recipe, tagger: Tagger, vocabularies: Vocabularies, *, card: str, reports: dict[str, str]
) -> None:
    """Write the whole model, replacing an older one of that name only when everything is on disk.

    `reports` are further texts by file name. Raises OutputError where it cannot be written.
    """
    texts = {
        RECIPE: tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True)),
        VOCABULARIES: vocabularies.model_dump_json(),
        CARD: card,
        **reports,
    }
    with replace_folder(folder) as fresh:
        write_weights(fresh / WEIGHTS, tagger.state_dict(), dtype=PRECISIONS[recipe.weights])
        for name, text in texts.items():
            (fresh / name).write_text(text, encoding="utf-8")
        for module_name, module in _transformers(recipe, tagger).items():
            module.save_assets(fresh / "encoders" / module_name)
        write_manifest(fresh)


def as_stored(model: nn.Module, weights: str) -> None:
    """Round the weights to the precision they will be stored in, so that what is measured is what is loaded."""
    with torch.no_grad():
        for tensor in model.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(tensor.to(PRECISIONS[weights]))


def load_model(folder: Path) -> tuple[Recipe, Tagger, Vocabularies]:
    """Read a saved model back, in float32, ready to annotate.

    Raises:
        ModelError: a file is missing, was changed, or belongs to another version, or the model is no tagger.
    """
    if (folder / SHAPE).is_file() and not (folder / VOCABULARIES).is_file():
        raise ModelError(
            "holds character language models, which annotate nothing by themselves",
            where=str(folder),
            fix='They are for an encoder: kind = "character-lm", model = the folder',
        )
    verify(folder, (RECIPE, WEIGHTS, VOCABULARIES))
    try:
        recipe = parse_recipe(read_toml(folder / RECIPE), where=str(folder / RECIPE), folder=folder)
        vocabularies = Vocabularies.model_validate_json((folder / VOCABULARIES).read_bytes())
        tagger = build_tagger(recipe, Materials(vocabularies, saved=folder))
        weights = load_file(folder / WEIGHTS)
        tagger.load_state_dict({name: _computed(tensor) for name, tensor in weights.items()})
    except (SafetensorError, ValidationError, RuntimeError, KeyError, OSError) as error:
        raise broken(folder, f"its files do not fit together: {error}") from error
    except ModelError:
        raise
    except SyntagmaError as error:
        raise broken(folder, str(error)) from error
    return recipe, tagger.eval(), vocabularies


def _computed(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _transformers(recipe: Recipe, tagger: Tagger) -> dict[str, Transformer]:
    """The transformers in a tagger by their recipe's name; parts and modules are both walked depth first."""
    names = [part.name for part in encoder_parts(recipe.encoder) if part.kind == "transformer"]
    modules = [module for module in tagger.encoder.modules() if isinstance(module, Transformer)]
    return dict(zip(names, modules, strict=True))
