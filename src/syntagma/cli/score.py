"""`syntagma score`: how well a language model predicts a text or answers questions, in one or more weight formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from syntagma.cli.exits import UsageError
from syntagma.cli.language_model_options import Device, LanguageModelArgument, WeightFormat, open_language_model
from syntagma.cli.options import Threads
from syntagma.cli.outputs import standard_output
from syntagma.cli.prompts import PromptFormat, prompt_format
from syntagma.cli.question_scorer import question_scorer
from syntagma.cli.scorer import Scorer
from syntagma.cli.text_scorer import text_scorer

if TYPE_CHECKING:
    from rich.table import Table


def score(
    model: LanguageModelArgument,
    data: Annotated[Path, typer.Argument(metavar="FILE", help="A text, or JSON lines of multiple-choice questions.")],
    weights: Annotated[
        list[str] | None,
        typer.Option(
            "--weights",
            metavar="[fp32|bf16|int8|int4]",
            help="How to hold the weights. Several are compared: --weights bf16 --weights int4.",
        ),
    ] = None,
    window: Annotated[int, typer.Option("--window", min=2, metavar="N", help="Most tokens to read together.")] = 1024,
    stride: Annotated[
        int | None,
        typer.Option("--stride", min=1, metavar="N", help="From one window to the next; by default half a window."),
    ] = None,
    format: Annotated[
        PromptFormat | None, typer.Option("--format", help="Format of the file; by default told from its name.")
    ] = None,
    device: Device = "cpu",
    threads: Threads = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure a language model on a file of yours: perplexity of a text, or accuracy on questions.

    Of a text every token is predicted once, after at least window - stride others. A question is a line
    {"context": "...", "choices": ["...", "..."], "answer": 0}; the likeliest choice is the model's answer.
    """
    if stride is not None and stride >= window:
        raise UsageError(f"--stride {stride} leaves nothing before the tokens of a window of {window}: choose less")
    formats = _formats(weights)
    texts = (format or prompt_format(data)) == "text"
    scorer = text_scorer(data, window, stride) if texts else question_scorer(data)
    rows = [_row(scorer, model, one, device, threads) for one in formats]
    with standard_output() as stream:
        if as_json:
            stream.write(json.dumps({"file": str(data), "results": rows}, ensure_ascii=False) + "\n")
            return
        from rich.console import Console

        console = Console(file=stream)
        console.print(_table(scorer, rows))
        for line in _notes(scorer, rows):
            console.print(line, style="dim", markup=False, highlight=False)


def _formats(names: list[str] | None) -> list[WeightFormat | None]:
    """Typer checks one choice, but not a list of them."""
    known: tuple[WeightFormat, ...] = get_args(WeightFormat)
    for name in names or ():
        if name not in known:
            raise UsageError(f"--weights: '{name}' is none of {', '.join(known)}")
    return [one for name in names for one in known if one == name] if names else [None]


def _row(scorer: Scorer, name: str, weights: WeightFormat | None, device: str, threads: int | None) -> dict[str, Any]:
    """What the scorer finds of the model in one format, and the model's own story. It is let go of at the end."""
    model = open_language_model(name, weights=weights, device=device, threads=threads)
    held, _, reason = model.choice.partition(": ")
    return {"model": model.origin, "weights": held.split()[0], "reason": reason, **scorer.score(model)}


def _table(scorer: Scorer, rows: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("weights")
    columns = scorer.columns if len(rows) > 1 else scorer.columns[:-1]
    for column in columns:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(row["weights"], *scorer.cells(row, rows[0])[: len(columns)])
    return table


def _notes(scorer: Scorer, rows: list[dict[str, Any]]) -> list[str]:
    from syntagma.cli.harmless import harmless

    reasons = [f"{row['weights']}: {row['reason']}" for row in rows if row["reason"] != "as asked for"]
    return [harmless(line) for line in (rows[0]["model"], *reasons, scorer.note(rows[0]))]
