"""Annotated documents as one self-contained web page, written as the documents come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TextIO

from syntagma.atomic import replace_file
from syntagma.drawings import STYLE, Drawing
from syntagma.pipeline.rendering.palette import hue
from syntagma.pipeline.rendering.pieces import Piece, Stretch, stretches
from syntagma.pipeline.rendering.safe_text import safe_text
from syntagma.pipeline.rendering.trees import MOST_TREES, drawings
from syntagma.text.document import DEPENDENCIES, Document, Span

_HEAD = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
<header><h1>{title}</h1><p>{note}</p></header>
"""
_SWITCHES = """<label><input type="checkbox" id="confidence">confidence</label>
<label><input type="checkbox" id="pos">parts of speech</label>
"""
_TREE_SWITCH = """<label><input type="checkbox" id="trees"{state}>trees</label>
"""


def write_html(documents: Iterable[Document], path: str | Path, *, title: str = "Annotations", note: str = "") -> None:
    """Write a page of the documents; memory does not grow with their number, and the file appears whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    with html_page(path, title=title, note=note) as page:
        for document in documents:
            page.add(document)


@contextmanager
def html_page(path: str | Path, *, title: str = "Annotations", note: str = "") -> Iterator[HtmlPage]:
    """Open a page to add documents to; it takes its name only when the block ends without an error.

    Raises:
        OutputError: the file cannot be written.
    """
    with replace_file(path) as stream:
        page = HtmlPage(stream, title=title, note=note)
        yield page
        page.finish()


class HtmlPage:
    """A page in the making, on a text stream. Entities are shaded by confidence; a word's tag shows when pointed at.

    The trees and graphs of a text's sentences are drawn below it; those of more than `MOST_TREES` sentences show when
    they are switched on.
    """

    def __init__(self, stream: TextIO, *, title: str = "Annotations", note: str = "") -> None:
        self._stream = stream
        self._labels: Counter[str] = Counter()
        self._texts = 0
        self._words = 0
        self._source: str | None = None
        self._drawn = 0
        style = files("syntagma.pipeline.rendering").joinpath("page.css").read_text(encoding="utf-8")
        stream.write(_HEAD.format(title=_safe(title), note=_safe(note), style=STYLE + style))

    def add(self, document: Document) -> None:
        """Write one document. Consecutive ones of the same source stand under one heading."""
        if document.source is None or document.source != self._source:
            self._texts += 1
            self._stream.write(f"<h2>{_safe(self._heading(document))}</h2>\n")
        self._source = document.source
        self._words += sum(len(sentence.tokens) for sentence in document.sentences)
        at = f' data-at="{document.offset:,}"' if document.offset else ""
        self._stream.write(f'<div class="text" dir="auto"{at}>')
        self._stream.writelines(self._stretch(stretch, document.offset) for stretch in stretches(document))
        self._stream.write("</div>\n")
        for sentence in document.sentences:
            for layer, drawing in drawings(sentence):
                self._drawn += 1
                self._stream.write(_figure(layer, drawing))

    def finish(self) -> None:
        """Write the legend: every label with its count, and the totals."""
        chips = "".join(
            f'<span style="--h:{hue(label)}">{_safe(label)}<b>{count:,}</b></span>\n'
            for label, count in self._labels.most_common()
        )
        totals = f"{_count(self._texts, 'text')}, {_count(self._words, 'word')}, " + _count(
            self._labels.total(), "entity", "entities"
        )
        trees = _TREE_SWITCH.format(state=" checked" if self._drawn <= MOST_TREES else "") if self._drawn else ""
        self._stream.write(
            f'<div class="legend">\n{chips}{_SWITCHES}{trees}</div>\n<p class="sum">{totals}</p>\n</html>\n'
        )

    def _heading(self, document: Document) -> str:
        if document.source is None:
            return f"Text {self._texts}"
        return "Standard input" if document.source == "-" else document.source

    def _stretch(self, stretch: Stretch, offset: int) -> str:
        words = "".join(map(_piece, stretch.pieces))
        if stretch.entity is None:
            return words
        self._labels[stretch.entity.label] += 1
        return _mark(stretch.entity, words, offset)


def _figure(layer: str, drawing: Drawing) -> str:
    """A picture that scrolls from side to side where it is wider than the page, from the end where words begin."""
    name = "" if layer == DEPENDENCIES else f"<figcaption>{_safe(layer)}</figcaption>"
    direction = ' dir="rtl"' if drawing.mirrored else ""
    return f'<figure tabindex="0"{direction}>{name}{drawing.inline()}</figure>\n'


def _mark(entity: Span, words: str, offset: int) -> str:
    label, confidence = _safe(entity.label), entity.confidence
    place = f"characters {offset + entity.start:,} to {offset + entity.end:,}"
    if confidence is None:
        return (
            f'<mark dir="auto" style="--h:{hue(entity.label)}" data-t="{label}, {place}">{words}<b>{label}</b></mark>'
        )
    return (
        f'<mark dir="auto" style="--h:{hue(entity.label)};--a:{0.1 + 0.3 * confidence:.2f}"'
        f' data-t="{label}, confidence {confidence:.1%}, {place}">'
        f'{words}<b data-c="{confidence:.0%}">{label}</b></mark>'
    )


def _piece(piece: Piece) -> str:
    tag = piece.token.upos if piece.token is not None else None
    return _safe(piece.text) if tag is None else f"<i{_tag_attribute(tag)}>{_safe(piece.text)}</i>"


@cache
def _tag_attribute(tag: str) -> str:
    return f' data-p="{_safe(tag)}"'


def _safe(text: str) -> str:
    return escape(safe_text(text))


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
