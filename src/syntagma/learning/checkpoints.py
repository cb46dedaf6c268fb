"""The state of a training run on disk: tensors in safetensors, the rest in JSON, replaced whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from syntagma.atomic import replace_folder
from syntagma.errors import ModelError
from syntagma.models.weights import write_weights

TENSORS, STATE = "state.safetensors", "state.json"


def save_checkpoint(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Keep the weights, the optimizer's memory, the random generators and `state` (JSON values)."""
    slots = cast(dict[int, dict[str, Any]], optimizer.state_dict()["state"])
    tensors = {f"model/{name}": tensor for name, tensor in model.state_dict().items()}
    tensors |= {
        f"optimizer/{i}/{key}": value for i, slot in slots.items() for key, value in slot.items() if value is not None
    }
    tensors |= {f"random/{device}": generator for device, generator in _random_states().items()}
    with replace_folder(folder) as fresh:
        write_weights(fresh / TENSORS, tensors)
        (fresh / STATE).write_text(json.dumps(state))


def load_checkpoint(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Bring back what `save_checkpoint` kept and return its `state`.

    Raises:
        ModelError: the checkpoint is absent, damaged, or of another model.
    """
    tensors, state = _restore(folder, model)
    slots: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _under(tensors, "optimizer/").items():
        index, key = name.split("/", 1)
        slots.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": slots, "param_groups": optimizer.state_dict()["param_groups"]})
    return state


def load_weights(folder: Path, model: nn.Module) -> None:
    """Bring back the weights and the random generators that `save_checkpoint` kept, not the optimizer's memory.

    Raises:
        ModelError: as `load_checkpoint` does.
    """
    _restore(folder, model)


def _restore(folder: Path, model: nn.Module) -> tuple[dict[str, Tensor], dict[str, Any]]:
    try:
        tensors = load_file(folder / TENSORS)
        state = cast(dict[str, Any], json.loads((folder / STATE).read_text()))
        model.load_state_dict(_under(tensors, "model/"))
    except (OSError, SafetensorError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"the checkpoint cannot be taken up: {error}", where=str(folder), fix="Start anew without --resume"
        ) from error
    torch.set_rng_state(tensors["random/cpu"])
    if torch.cuda.is_available() and "random/cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random/cuda"])
    return tensors, state


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _random_states() -> dict[str, Tensor]:
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states
