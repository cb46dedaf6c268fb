"""`syntagma train`: a recipe in, a model out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.outputs import standard_output


def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe (TOML); see `syntagma schema`.")],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a value, e.g. learning.epochs=3. May be repeated."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where the model goes; by default runs/NAME.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run; it ends as if never interrupted.")
    ] = False,
) -> None:
    """Train a model from a recipe. Ctrl-C stops after the step under way; --resume goes on from there."""
    from rich.console import Console

    from syntagma.learning.progress import TerminalProgress
    from syntagma.learning.report import print_report
    from syntagma.recipes import load_recipe
    from syntagma.recipes.training import train as run

    parsed = load_recipe(recipe, overrides or [])
    screen = Console(stderr=True)
    try:
        result = run(parsed, output, resume=resume, progress=TerminalProgress(screen))
    except KeyboardInterrupt:
        screen.print("Stopped, and kept as far as it went: the same command with --resume goes on.", highlight=False)
        raise
    with standard_output() as stream:
        console = Console(file=stream)
        print_report(result.report, console)
        console.print(f"The model, its card and its report are in {result.folder}", highlight=False, markup=False)
