"""`syntagma train`: a recipe in, a model out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syntagma.cli.exits import UsageError
from syntagma.cli.options import Output, Resume, Threads, overriding, use_threads
from syntagma.cli.outputs import standard_output
from syntagma.cli.stopping import resumable

if TYPE_CHECKING:
    from rich.console import Console

    from syntagma.recipes import Recipe
    from syntagma.recipes.character_lm import CharacterLMRecipe


def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe (TOML); see `syntagma schema`.")],
    overrides: Annotated[list[str] | None, overriding("learning.epochs=3")] = None,
    output: Output = None,
    resume: Resume = False,
    threads: Threads = None,
) -> None:
    """Train a model from a recipe. Ctrl-C stops after the step under way; --resume goes on from there."""
    from rich.console import Console

    from syntagma.recipes import Recipe, load_run
    from syntagma.recipes.study import StudyRecipe

    parsed = load_run(recipe, overrides or [])
    if isinstance(parsed, StudyRecipe):
        raise UsageError(f"{recipe}: is the recipe of a study. Run it with `syntagma study`")
    use_threads(threads)
    screen = Console(stderr=True)
    with resumable(output or parsed.place, screen):
        if isinstance(parsed, Recipe):
            _train_tagger(parsed, output, resume, screen)
        else:
            _train_character_lm(parsed, output, resume, screen)


def _train_tagger(recipe: Recipe, output: Path | None, resume: bool, screen: Console) -> None:
    from rich.console import Console

    from syntagma.learning.progress import TerminalProgress
    from syntagma.learning.report import print_report
    from syntagma.recipes.training import train as run

    result = run(recipe, output, resume=resume, progress=TerminalProgress(screen))
    with standard_output() as stream:
        console = Console(file=stream)
        print_report(result.report, console)
        console.print(f"The model, its card and its report are in {result.folder}", highlight=False, markup=False)


def _train_character_lm(recipe: CharacterLMRecipe, output: Path | None, resume: bool, screen: Console) -> None:
    from syntagma.learning.progress import PerplexityProgress
    from syntagma.recipes.character_lm_training import train_character_lm

    result = train_character_lm(recipe, output, resume=resume, progress=PerplexityProgress(screen))
    with standard_output() as stream:
        for name, found in result.perplexities.items():
            directions = ", ".join(f"{direction} {value:.3f}" for direction, value in found.items())
            stream.write(f"perplexity a character on {name}: {directions}\n")
        stream.write(f"The models and their card are in {result.folder}\n")
