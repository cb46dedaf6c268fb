"""An annotated document for people at a terminal: its text in colour, its entities as a table, its parts of speech."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from colorsys import hls_to_rgb

from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.console import Console
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from syntagma.pipeline.rendering.palette import hue
from syntagma.pipeline.rendering.pieces import stretches
from syntagma.pipeline.rendering.safe_text import safe_text
from syntagma.text.document import Document, Sentence

_TAG_GAP = 2


def print_document(document: Document, console: Console) -> None:
    """Print the text with its entities marked, a table of them, and each sentence's words over their tags.

    Without colours an entity stands in square brackets with its label: `[Vienna LOC]`. Offsets are those of the source.
    """
    if document.source is not None:
        console.print(Rule(Text(_title(document)), align="left", style="dim"))
    console.print(marked_text(document, colours=console.color_system is not None and not console.no_color))
    if document.entities:
        console.print(entity_table(document))
    for sentence in document.sentences:
        for words, tags in interlinear(sentence, console.width):
            console.print(Text(words), Text(tags, style="cyan dim"), sep="\n", no_wrap=True)
    console.print()


def marked_text(document: Document, *, colours: bool) -> Text:
    """The document's text with every entity marked and its label after it."""
    text = Text()
    for stretch in stretches(document):
        words = safe_text("".join(piece.text for piece in stretch.pieces))
        if stretch.entity is None:
            text.append(words)
            continue
        label = safe_text(stretch.entity.label)
        style = _style(stretch.entity.label)
        text.append(f" {words} " if colours else f"[{words} ", style)
        text.append(f"{label} " if colours else f"{label}]", style + Style(bold=True))
    text.rstrip()
    return text


def entity_table(document: Document) -> Table:
    """A row per entity: text, label, confidence, and the characters `start-end` that it covers in its source."""
    table = Table("entity", "label", box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("confidence", justify="right")
    table.add_column("characters", justify="right")
    for entity in document.entities:
        table.add_row(
            Text(" ".join(safe_text(entity.text).split())),
            Text(f" {safe_text(entity.label)} ", _style(entity.label)),
            "" if entity.confidence is None else f"{entity.confidence:.3f}",
            f"{document.offset + entity.start}-{document.offset + entity.end}",
        )
    return table


def interlinear(sentence: Sentence, width: int) -> Iterator[tuple[str, str]]:
    """Pairs of lines, words over their part-of-speech tags, no wider than `width` cells; none if no word is tagged."""
    if all(token.upos is None for token in sentence.tokens):
        return
    columns: list[tuple[str, str, int]] = []
    used = 0
    for token in sentence.tokens:
        word, tag = safe_text(token.text), safe_text(token.upos or "")
        size = min(max(cell_len(word), cell_len(tag)), width)
        if columns and used + size > width:
            yield _lines(columns)
            columns, used = [], 0
        columns.append((word, tag, size))
        used += size + _TAG_GAP
    yield _lines(columns)


def _lines(columns: Sequence[tuple[str, str, int]]) -> tuple[str, str]:
    gap = " " * _TAG_GAP
    words = gap.join(set_cell_size(word, size) for word, _, size in columns)
    tags = gap.join(set_cell_size(tag, size) for _, tag, size in columns)
    return words.rstrip(), tags.rstrip()


def _title(document: Document) -> str:
    name = "standard input" if document.source == "-" else safe_text(document.source or "")
    return f"{name}, from character {document.offset:,}" if document.offset else name


def _style(label: str) -> Style:
    red, green, blue = (round(255 * part) for part in hls_to_rgb(hue(label) / 360, 0.8, 0.75))
    return Style(color="black", bgcolor=Color.from_rgb(red, green, blue))
