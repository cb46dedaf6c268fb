"""An annotated document for people at a terminal: its text in colour, its entities as a table, its tags and trees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from colorsys import hls_to_rgb

from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.console import Console
from rich.rule import Rule
from rich.style import Style
from rich.text import Text

from syntagma.pipeline.rendering.palette import hue
from syntagma.pipeline.rendering.pieces import stretches
from syntagma.pipeline.rendering.safe_text import safe_text
from syntagma.pipeline.rendering.tree_lines import tree_lines
from syntagma.pipeline.rendering.trees import MOST_TREES
from syntagma.text.document import DEPENDENCIES, Document, Sentence

_TAG_GAP = 2


def print_document(document: Document, console: Console, *, trees: bool | None = None) -> None:
    """Print the text with its entities marked, a table of them, and each sentence's words over their tags.

    With `trees` (by default in a document of no more than `MOST_TREES` sentences) a sentence that has one is a table
    itself instead, a line a word, with the arcs drawn between the lines.

    Without colours an entity stands in square brackets with its label: `[Vienna LOC]`. Offsets are those of the source.
    """
    if document.source is not None:
        console.print(Rule(Text(_title(document)), align="left", style="dim"))
    console.print(marked_text(document, colours=console.color_system is not None and not console.no_color))
    lines = [*entity_lines(document, console.width)]
    drawn = len(document.sentences) <= MOST_TREES if trees is None else trees
    for sentence in document.sentences:
        lines += _sentence_lines(sentence, console.width, trees=drawn)
    console.print(Text("\n").join(lines), no_wrap=True, overflow="crop", end="\n\n" if lines else "\n")


def _sentence_lines(sentence: Sentence, width: int, *, trees: bool) -> Iterator[Text]:
    if trees and DEPENDENCIES in sentence.trees:
        titles, *rows = tree_lines(sentence, sentence.trees[DEPENDENCIES], width)
        yield from (Text(), Text(titles, "dim"), Text("\n".join(rows)))  # one text: rich is slow with many
        return
    for words, tags in interlinear(sentence, width):
        yield from (Text(words), Text(tags, "cyan dim"))


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


def entity_lines(document: Document, width: int) -> Iterator[Text]:
    """A table's lines, a row per entity: text, label, confidence, the characters `start-end` it covers in its source.

    Written by hand: rich's own table takes a millisecond a row, and a long document has thousands of them.
    """
    entities = document.entities
    if not entities:
        return
    texts = [" ".join(safe_text(entity.text).split()) for entity in entities]
    labels = [safe_text(entity.label) for entity in entities]
    wide = max(6, *(cell_len(label) for label in labels))
    long = max(6, min(width - wide - 34, max(cell_len(text) for text in texts)))
    yield Text(f"{'entity':{long}}  {'label':{wide}}  confidence  characters", "dim")
    for entity, text, label in zip(entities, texts, labels, strict=True):
        line = Text(set_cell_size(text, long) + "  ")
        line.append(set_cell_size(label, wide), _style(entity.label))
        confidence = "" if entity.confidence is None else f"{entity.confidence:.3f}"
        line.append(f"  {confidence:>10}  {document.offset + entity.start}-{document.offset + entity.end}")
        yield line


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
