"""`syntagma search`: a recipe with candidate encoders in, a model with the best of them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syntagma.cli.options import Output, Resume, Threads, overriding, use_threads
from syntagma.cli.outputs import standard_output
from syntagma.cli.stopping import resumable

if TYPE_CHECKING:
    from syntagma.learning.search.progress import SearchProgress


def search(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE", help="A recipe (TOML) whose encoder has a concatenation of candidates.")
    ],
    strategy: Annotated[
        str | None,
        typer.Option("--strategy", metavar="NAME", help="ace, random, all, greedy or exhaustive; search.strategy."),
    ] = None,
    overrides: Annotated[list[str] | None, overriding("search.episodes=10")] = None,
    output: Output = None,
    resume: Resume = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the search's report as JSON.")] = False,
    threads: Threads = None,
) -> None:
    """Find out which encoders a model needs. Ctrl-C stops after the step under way; --resume goes on from there."""
    from rich.console import Console

    from syntagma.learning.report import print_report
    from syntagma.learning.search.progress import TerminalSearchProgress
    from syntagma.learning.search.terminal import print_search
    from syntagma.recipes import load_recipe
    from syntagma.recipes.searching import search as run

    chosen = [] if strategy is None else [f"search.strategy={strategy}"]
    parsed = load_recipe(recipe, [*(overrides or []), *chosen])
    use_threads(threads)
    screen = Console(stderr=True)

    def progress(names: Sequence[str], episodes: int) -> SearchProgress:
        return TerminalSearchProgress(screen, names, episodes)

    with resumable(output or parsed.place, screen):
        result = run(parsed, output, resume=resume, progress=progress)
    with standard_output() as stream:
        if as_json:
            stream.write(result.search.to_json())
            return
        console = Console(file=stream)
        print_search(result.search, console)
        console.print()
        print_report(replace(result.report, epochs=[]), console)
        console.print(f"The model, its card and its reports are in {result.folder}", highlight=False, markup=False)
