"""`syntagma annotate`: entities, parts of speech and trees for files, standard input, or a text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syntagma.cli.exits import UsageError
from syntagma.cli.inputs import By, Format, parse_inputs, read_inputs
from syntagma.cli.options import Layers, MinConfidence, Model, Threads, layer_names, use_threads
from syntagma.cli.outputs import Kind, kind_of, text_output, writer
from syntagma.cli.progress import annotation_progress
from syntagma.cli.starting import no_collection

if TYPE_CHECKING:
    from syntagma.text.document import Document


def annotate(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT", help="Files, - for standard input, or a text in quotes.")
    ],
    model: Model = "en-small",
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON lines, one a document.")] = False,
    as_conllu: Annotated[bool, typer.Option("--conllu", help="Write CoNLL-U.")] = False,
    trees: Annotated[
        bool | None,
        typer.Option("--trees/--no-trees", help="Draw trees in the terminal; by default those of up to 3 sentences."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a web page too.", dir_okay=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to FILE, not to standard output.", dir_okay=False),
    ] = None,
    layers: Layers = None,
    min_confidence: MinConfidence = 0.0,
    by: Annotated[By, typer.Option("--by", help="What of plain text is one document.")] = "file",
    format: Annotated[
        Format | None, typer.Option("--format", help="Format of the inputs; by default told from the file name.")
    ] = None,
    batch_words: Annotated[int, typer.Option("--batch-words", min=1, help="Words to annotate at once.")] = 8000,
    threads: Threads = None,
) -> None:
    """Find entities, parts of speech and dependency trees in text.

    At a terminal the text is shown in colour with a table of its entities. Files are read as a stream of documents:
    the order is kept, and memory does not grow with their size.
    """
    kind = _kind(as_json, as_conllu, output)
    sources = parse_inputs(inputs)
    with no_collection():
        from syntagma.pipeline import load  # after the arguments have been looked at: it takes a second or two

        use_threads(threads)
        pipeline = load(model, layers=layer_names(layers))
    documents = pipeline.pipe(
        read_inputs(sources, format=format, by=by), batch_words=batch_words, min_confidence=min_confidence
    )
    with ExitStack() as stack:
        seen: list[Callable[[Document], None]] = []
        if html is not None:
            from syntagma.pipeline.rendering import html_page

            seen.append(stack.enter_context(html_page(html, note=f"annotated by {model}")).add)
        shown = output is None and sys.stdout.isatty()
        seen.append(stack.enter_context(annotation_progress(sources, on_terminal=shown)))
        stream = stack.enter_context(text_output(output))
        writer(kind, trees=trees)(_shown_to(seen, documents), stream)


def _kind(as_json: bool, as_conllu: bool, output: Path | None) -> Kind:
    if as_json and as_conllu:
        raise UsageError("--json and --conllu cannot be given together: run the command twice")
    if output is not None and output.suffix.lower() in (".html", ".htm"):
        raise UsageError(f"--output writes no web page: use --html {output}")
    if as_json:
        return "json"
    return "conllu" if as_conllu else kind_of(output)


def _shown_to(others: Iterable[Callable[[Document], None]], documents: Iterable[Document]) -> Iterator[Document]:
    """The documents, each handed to every one of the others on its way."""
    for document in documents:
        for other in others:
            other(document)
        yield document
