"""`syntagma distill`: a recipe with teachers in, a smaller model out, and what it gained by them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.options import Output, Resume, Threads, overriding, use_threads
from syntagma.cli.outputs import standard_output
from syntagma.cli.stopping import resumable


def distill(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE", help="A model's recipe (TOML) with a table [distillation].")
    ],
    overrides: Annotated[list[str] | None, overriding("distillation.tau=2")] = None,
    output: Output = None,
    resume: Resume = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
    threads: Threads = None,
) -> None:
    """Let large models teach a small one. Ctrl-C stops after the step under way; --resume goes on from there."""
    from rich.console import Console

    from syntagma.learning.distillation.progress import TerminalDistillationProgress
    from syntagma.learning.distillation.terminal import print_distillation
    from syntagma.learning.report import print_report
    from syntagma.pipeline.loading import find_model
    from syntagma.recipes import load_recipe
    from syntagma.recipes.distilling import distill as run

    parsed = load_recipe(recipe, overrides or [])
    use_threads(threads)
    screen = Console(stderr=True)
    with resumable(output or parsed.place, screen):
        result = run(
            parsed,
            output,
            resume=resume,
            find=lambda name: find_model(name)[0],
            progress=TerminalDistillationProgress(screen),
        )
    with standard_output() as stream:
        if as_json:
            stream.write(result.distillation.to_json())
            return
        console = Console(file=stream)
        print_distillation(result.distillation, console)
        console.print()
        print_report(replace(result.report, epochs=[]), console)
        console.print(f"The model, its card and its reports are in {result.folder}", highlight=False, markup=False)
