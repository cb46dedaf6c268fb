"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A model's folder, a packaged name (en-small), or a hub id (owner/name).")
]
Model = Annotated[
    str,
    typer.Option("--model", "-m", help="A model's folder, a packaged name, or a hub id (owner/name)."),
]
Layers = Annotated[
    str | None,
    typer.Option("--layers", metavar="A,B,...", help="Annotate these of the model's layers alone, which is quicker."),
]
MinConfidence = Annotated[
    float,
    typer.Option("--min-confidence", metavar="P", min=0.0, max=1.0, help="Leave out entities less probable than P."),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where the model goes; by default runs/NAME.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with an interrupted run; it ends as if never interrupted.")
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="Processor threads to use; by default as many as there are cores."),
]


def overriding(example: str) -> Any:
    """The option that changes values of a recipe, with an example of one that it has."""
    return typer.Option("--set", metavar="KEY=VALUE", help=f"Override a value, e.g. {example}. May be repeated.")


def layer_names(layers: str | None) -> list[str] | None:
    """The layers that are asked for; None for all."""
    return None if layers is None else [name.strip() for name in layers.split(",")]


def use_threads(threads: int | None) -> None:
    """Let torch use so many threads; None leaves its own choice."""
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
