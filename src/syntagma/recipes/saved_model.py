"""A model as a folder: recipe, weights, vocabularies, card, and a manifest that gives a changed file away."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import tomli_w
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from syntagma.atomic import replace_folder
from syntagma.encoders import Transformer
from syntagma.errors import ModelError, SyntagmaError
from syntagma.models import Tagger
from syntagma.models.weights import write_weights
from syntagma.recipes.building import Materials, build_tagger
from syntagma.recipes.loading import parse_recipe, read_toml
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.vocabularies import Vocabularies, encoder_parts

FORMAT = 1
RECIPE, WEIGHTS, VOCABULARIES, CARD, MANIFEST = (
    "recipe.toml",
    "weights.safetensors",
    "vocabularies.json",
    "README.md",
    "manifest.json",
)
PRECISIONS = {"float16": torch.float16, "float32": torch.float32}
MAXIMUM_JSON_BYTES = 100_000_000
MAXIMUM_FILES = 100


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
        (fresh / MANIFEST).write_text(json.dumps(_manifest(fresh), indent=1))


def as_stored(tagger: Tagger, weights: str) -> None:
    """Round the weights to the precision they will be stored in, so that what is measured is what is loaded."""
    with torch.no_grad():
        for tensor in tagger.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(tensor.to(PRECISIONS[weights]))


def load_model(folder: Path) -> tuple[Recipe, Tagger, Vocabularies]:
    """Read a saved model back, in float32, ready to annotate.

    Raises:
        ModelError: a file is missing, was changed, or belongs to another version.
    """
    _verify(folder)
    try:
        recipe = parse_recipe(read_toml(folder / RECIPE), where=str(folder / RECIPE), folder=folder)
        vocabularies = Vocabularies.model_validate_json((folder / VOCABULARIES).read_bytes())
        tagger = build_tagger(recipe, Materials(vocabularies, saved=folder))
        weights = load_file(folder / WEIGHTS)
        tagger.load_state_dict({name: _computed(tensor) for name, tensor in weights.items()})
    except (SafetensorError, ValidationError, RuntimeError, KeyError, OSError) as error:
        raise _broken(folder, f"its files do not fit together: {error}") from error
    except ModelError:
        raise
    except SyntagmaError as error:
        raise _broken(folder, str(error)) from error
    return recipe, tagger.eval(), vocabularies


def _computed(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _transformers(recipe: Recipe, tagger: Tagger) -> dict[str, Transformer]:
    """The transformers in a tagger by their recipe's name; parts and modules are both walked depth first."""
    names = [part.name for part in encoder_parts(recipe.encoder) if part.kind == "transformer"]
    modules = [module for module in tagger.encoder.modules() if isinstance(module, Transformer)]
    return dict(zip(names, modules, strict=True))


def _manifest(folder: Path) -> dict[str, Any]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        "format": FORMAT,
        "files": {
            path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _digest(path)}
            for path in files
        },
    }


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _verify(folder: Path) -> None:
    """Every file of the manifest is there, inside the folder, and as it was written."""
    if not folder.is_dir():
        raise ModelError(
            "there is no such model folder", where=str(folder), fix="Give a folder written by `syntagma train`"
        )
    files = _listed(folder)
    for name in (RECIPE, WEIGHTS, VOCABULARIES, *files):
        path = folder / name
        if name not in files or not path.is_file():
            raise _broken(folder, f"the file {name} is missing")
        if not path.resolve().is_relative_to(folder.resolve()):
            raise _broken(folder, f"the file {name} lies outside the folder")
        if path.stat().st_size != files[name]["bytes"] or _digest(path) != files[name]["sha256"]:
            raise _broken(folder, f"the file {name} is not the one that was saved")
        if path.suffix == ".json" and path.stat().st_size > MAXIMUM_JSON_BYTES:
            raise _broken(folder, f"the file {name} is larger than {MAXIMUM_JSON_BYTES:,} bytes")


def _listed(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes() if path.stat().st_size < 1_000_000 else b"")
        version, files = manifest["format"], manifest["files"]
        complete = all(isinstance(entry["bytes"], int) and isinstance(entry["sha256"], str) for entry in files.values())
    except FileNotFoundError:
        raise _broken(folder, f"the file {MANIFEST} is missing") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _broken(folder, f"the file {MANIFEST} is not a manifest") from None
    if version != FORMAT:
        raise ModelError(
            f"the model has format {version}, this version reads format {FORMAT}",
            where=str(folder),
            fix="Install the version of syntagma that made it, or train it again from its recipe",
        )
    if not complete or len(files) > MAXIMUM_FILES:
        raise _broken(folder, f"the file {MANIFEST} is not a manifest")
    return dict(files)


def _broken(folder: Path, found: str) -> ModelError:
    return ModelError(found, where=str(folder), fix="Get the model again, or train it again from its recipe")
