"""AdamW or SGD over parameter groups: a rate of its own, falling with depth, for a pretrained encoder."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Literal

import torch
from torch import nn

from syntagma.encoders import Transformer

OptimizerKind = Literal["adamw", "sgd"]


def build_optimizer(
    model: nn.Module,
    *,
    kind: OptimizerKind,
    learning_rate: float,
    transformer_learning_rate: float,
    layer_decay: float,
    weight_decay: float,
) -> torch.optim.Optimizer:
    """An optimizer whose groups keep their own rate under `initial_lr`.

    A transformer's layer at distance d from its top learns at `transformer_learning_rate * layer_decay ** d`. Vectors
    (biases, gains of norms) never decay.
    """
    rates = _transformer_rates(model, transformer_learning_rate, layer_decay)
    groups: dict[tuple[float, float], list[nn.Parameter]] = defaultdict(list)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            decay = weight_decay if parameter.ndim > 1 else 0.0
            groups[rates.get(name, learning_rate), decay].append(parameter)
    settings: list[dict[str, Any]] = [
        {"params": parameters, "lr": rate, "initial_lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]
    return torch.optim.AdamW(settings) if kind == "adamw" else torch.optim.SGD(settings)


def _transformer_rates(model: nn.Module, rate: float, layer_decay: float) -> dict[str, float]:
    """Learning rate of every transformer parameter, by its name in the whole model."""
    rates = {}
    for module_name, module in model.named_modules():
        if isinstance(module, Transformer):
            depths = dict(module.depths())
            top = max(depths.values())
            for name, _ in module.named_parameters():
                prefix = max((prefix for prefix in depths if name.startswith(prefix)), key=len, default=None)
                if prefix is None:
                    continue  # what mixes its layers is new, and learns as fast as all that is
                rates[f"{module_name}.{name}"] = rate * layer_decay ** (top - depths[prefix])
    return rates
