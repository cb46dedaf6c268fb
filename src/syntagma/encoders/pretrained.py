"""Pretrained transformers and their tokenizers: found, checked, loaded without running any code of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from syntagma.errors import MissingExtraError, ModelError

if TYPE_CHECKING:
    from types import ModuleType

    from transformers import PreTrainedModel, PreTrainedTokenizerFast

_FIX = "Give a hub id or a folder with config.json, model.safetensors and tokenizer.json; code in a model is never run"
_NO_CODE: dict[str, Any] = {"trust_remote_code": False}


def load(name: str) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Weights (float32) and tokenizer by hub id or from a folder. Raises MissingExtraError, ModelError."""
    library = _transformers()
    with _as_model_error(name), _quiet(library):
        model, found = library.AutoModel.from_pretrained(
            name, use_safetensors=True, dtype=torch.float32, output_loading_info=True, **_NO_CODE
        )
        tokenizer = library.AutoTokenizer.from_pretrained(name, add_prefix_space=True, **_NO_CODE)
    _check_complete(found, name)
    return _encoder_of(model), _fast(tokenizer, name)


def load_empty(folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """The model of a saved configuration, its weights still random, and its tokenizer. Raises as `load`."""
    library = _transformers()
    for needed in ("config.json", "tokenizer.json"):
        if not (folder / needed).is_file():
            raise ModelError(f"the file {needed} is missing", where=str(folder), fix="Copy or train the model again")
    with _as_model_error(str(folder)), _quiet(library):
        config = library.AutoConfig.from_pretrained(folder, local_files_only=True, **_NO_CODE)
        model = library.AutoModel.from_config(config, dtype=torch.float32, **_NO_CODE)
        tokenizer = library.AutoTokenizer.from_pretrained(folder, local_files_only=True, **_NO_CODE)
    return _encoder_of(model), _fast(tokenizer, str(folder))


def window_limit(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> int:
    """How many ids the model can read at once, as far as its tokenizer and its position table say."""
    limits = [int(min(tokenizer.model_max_length, 2**31))]
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            # RoBERTa and its kin count positions from behind the padding's.
            offset = 0 if module.padding_idx is None else module.padding_idx + 1
            limits.append(module.num_embeddings - offset)
    if len(limits) == 1:
        limits.append(int(getattr(model.config, "max_position_embeddings", None) or 2**31))
    return min(limits)


def layer_depths(model: nn.Module) -> list[tuple[str, int]]:
    """Prefix of parameter names and depth: 0 before the layers, n for layer n, that of the last layer after them."""
    count = int(getattr(model.config, "num_hidden_layers", 0))
    stacks = [n for n, m in model.named_modules() if isinstance(m, nn.ModuleList) and len(m) == count]
    if not stacks:
        return [("", 0)]
    found: dict[str, int] = {}
    depth = 0
    for name, _ in model.named_parameters():
        layer = re.match(rf"{re.escape(stacks[0])}\.(\d+)\.", name)
        if layer:
            found[layer[0]] = int(layer[1]) + 1
            depth = count
        else:
            found[name] = depth
    return list(found.items())


def _transformers() -> ModuleType:
    try:
        import transformers
    except ImportError as error:
        raise MissingExtraError("transformers", "a transformer encoder") from error
    return transformers


def _encoder_of(model: Any) -> PreTrainedModel:
    """The part that reads: without a decoder, and without a pooler, whose weights nothing here would use."""
    if getattr(model.config, "is_encoder_decoder", False):
        model = model.get_encoder()
    if isinstance(getattr(model, "pooler", None), nn.Module):
        model.pooler = None
    reading: PreTrainedModel = model.eval()
    return reading


def _check_complete(found: Mapping[str, Any], name: str) -> None:
    """Raise ModelError for weights that the files lack; they would be random. A pooler's are not used."""
    lacking = sorted(key for key in found["missing_keys"] if not key.startswith("pooler."))
    if lacking:
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        raise ModelError(f"the weights {lacking[0]}{more} are missing", where=name, fix="Get the model again")


def _fast(tokenizer: Any, name: str) -> PreTrainedTokenizerFast:
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError("the tokenizer has no fast version", where=name, fix="Choose a model with a tokenizer.json")
    fast: PreTrainedTokenizerFast = tokenizer
    return fast


@contextmanager
def _as_model_error(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"could not be loaded as a transformer: {reason.rstrip('.')}", where=name, fix=_FIX) from error


@contextmanager
def _quiet(library: ModuleType) -> Iterator[None]:
    """Without the library's progress bars, which would mix with ours, and its reports of what it loaded."""
    logging = library.utils.logging
    shown, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if shown:
            logging.enable_progress_bar()
