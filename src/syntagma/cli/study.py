"""`syntagma study`: a recipe of a grid of runs in, a report of what helps out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.options import Threads, overriding, use_threads
from syntagma.cli.outputs import standard_output


def study(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help='A recipe (TOML) with task = "study".')],
    overrides: Annotated[list[str] | None, overriding("base.learning.epochs=3")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where records and report go; runs/NAME.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Make sure that there is a study to go on with.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    threads: Threads = None,
) -> None:
    """Find out which encoders help, and with how many data. Runs that are done are never done again."""
    from rich.console import Console

    from syntagma.learning.studies.progress import TerminalStudyProgress
    from syntagma.learning.studies.terminal import print_study
    from syntagma.recipes import load_study
    from syntagma.recipes.studying import study as run

    parsed = load_study(recipe, overrides or [])
    use_threads(threads)
    screen = Console(stderr=True)
    try:
        result = run(parsed, output, resume=resume, progress=TerminalStudyProgress(screen))
    except KeyboardInterrupt:
        screen.print("Stopped; what is done is kept: the same command goes on.", highlight=False)
        raise
    with standard_output() as stream:
        if as_json:
            stream.write(result.report.to_json())
            return
        console = Console(file=stream)
        print_study(result.report, console)
        console.print(f"\nThe records and the report are in {result.folder}", highlight=False, markup=False)
