"""The command `syntagma`: its verbs put together, and what every one of them does when something goes wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from syntagma.cli.annotate import annotate
from syntagma.cli.chat import chat
from syntagma.cli.distill import distill
from syntagma.cli.evaluate import evaluate
from syntagma.cli.exits import BROKEN_PIPE, INTERRUPTED, USER_ERROR, ClosedOutput, UsageError, one_line
from syntagma.cli.generate import generate
from syntagma.cli.info import info
from syntagma.cli.schema import schema
from syntagma.cli.score import score
from syntagma.cli.search import search
from syntagma.cli.study import study
from syntagma.cli.train import train
from syntagma.errors import SyntagmaError

app = typer.Typer(
    name="syntagma",
    help="Turns text into structure: entities, tags and trees, with exact offsets and trustworthy confidences.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (annotate, chat, generate, score, train, search, distill, study, evaluate, schema, info):
    app.command()(verb)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"syntagma {_version()}")
        raise typer.Exit


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("syntagma")
    except PackageNotFoundError:
        return "(run from its source tree, not installed)"


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """What stands before the verb."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (None: those of the process) and give the exit code.

    0 when all went well; 2 and one message on standard error when the user can mend it; 130 after Ctrl-C; 141 when
    the reader of the output has gone. Any other error is ours, and keeps its traceback.
    """
    try:
        app(args=None if arguments is None else list(arguments), prog_name="syntagma")
    except SystemExit as end:
        return _code(end)
    except (SyntagmaError, UsageError) as error:
        _report(str(error))
        return USER_ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except ClosedOutput:
        # What is still buffered must not be tried again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return 0


def _code(end: SystemExit) -> int:
    return end.code if isinstance(end.code, int) else int(end.code is not None)


def _report(message: str) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, soft_wrap=True)
    console.print(Text("error: ", "bold red") + Text(one_line(message), "default"), highlight=False)
