"""Options of the verbs that use a language model, and how one is opened by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from syntagma.cli.exits import UsageError
from syntagma.cli.options import use_threads
from syntagma.cli.starting import no_collection
from syntagma.cli.waiting import waiting

if TYPE_CHECKING:
    import torch

    from syntagma.language_models.language_model import LanguageModel

WeightFormat = Literal["fp32", "bf16", "int8", "int4"]

LanguageModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="smollm2, a model's folder, a .gguf file, or a hub id (owner/name).")
]
Weights = Annotated[
    WeightFormat | None,
    typer.Option("--weights", help="How to hold the weights; by default as the files do, or smaller to fit memory."),
]
Template = Annotated[
    str | None, typer.Option("--template", metavar="NAME", help="Chat template; by default the model's own.")
]
Device = Annotated[str, typer.Option("--device", metavar="NAME", help="Where to compute: cpu, cuda, cuda:1, ...")]


def open_language_model(
    name: str, *, weights: WeightFormat | None, device: str, template: str | None = None, threads: int | None = None
) -> LanguageModel:
    """The model that these options ask for.

    Raises:
        UsageError: a device that this machine lacks.
        SyntagmaError: no such model, or one that cannot be read.
    """
    with waiting(f"loading {name}"), no_collection():
        from syntagma.language_models.opening import language_model

        use_threads(threads)
        return language_model(name, weights=weights, device=_device(device), template=template)


def _device(name: str) -> torch.device:
    import torch

    try:
        device = torch.device(name)
    except RuntimeError:
        raise UsageError(f"--device: '{name}' is no device: write cpu, cuda or cuda:1") from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UsageError(f"--device: this machine has no '{name}' that torch can use: choose cpu")
    if device.type not in ("cpu", "cuda"):
        raise UsageError(f"--device: language models do not run on '{name}': choose cpu or cuda")
    return device
