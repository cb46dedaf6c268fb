"""`syntagma evaluate`: a model's scores on annotated data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syntagma.cli.annotated_data import AnnotatedFormat, read_annotated
from syntagma.cli.options import MinConfidence, ModelArgument, Threads, use_threads
from syntagma.cli.outputs import standard_output

if TYPE_CHECKING:
    from syntagma.learning.report import Report


def evaluate(
    model: ModelArgument,
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A file of annotated sentences.")],
    format: Annotated[
        AnnotatedFormat | None, typer.Option("--format", help="By default told from the file name.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns", metavar="A,B,...", help="CoNLL: each column's meaning: word, a layer, or - for none."
        ),
    ] = None,
    types: Annotated[
        str | None,
        typer.Option("--types", metavar="OLD=NEW,...", help="CoNLL: new names for span types; OLD= drops one."),
    ] = None,
    raw_text: Annotated[
        bool, typer.Option("--raw-text", help="Let the model divide the text itself; compare entities by characters.")
    ] = False,
    min_confidence: MinConfidence = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as a web page too.", dir_okay=False)
    ] = None,
    threads: Threads = None,
) -> None:
    """Compare a model's annotation with a file's: scores, confusions, and how far its confidences can be trusted."""
    from syntagma.pipeline import load
    from syntagma.pipeline.evaluation import evaluate as compare

    use_threads(threads)
    pipeline = load(model)
    layers = {name: layer.kind for name, layer in pipeline.recipe.data.labels.items()}
    documents = read_annotated(data, layers, format=format, columns=columns, types=types)
    report = compare(pipeline, documents, name=data.name, raw_text=raw_text, min_confidence=min_confidence)
    if html is not None:
        from syntagma.learning.report import write_html

        write_html(report, html)
    _print(report, as_json=as_json)


def _print(report: Report, *, as_json: bool) -> None:
    from rich.console import Console

    from syntagma.learning.report import print_report

    with standard_output() as stream:
        if as_json:
            stream.write(report.to_json())
        else:
            print_report(report, Console(file=stream))
