"""Annotated documents made for people to look at: a web page, a picture, and a terminal."""

from syntagma.pipeline.rendering.html import HtmlPage, html_page, write_html
from syntagma.pipeline.rendering.table import print_document
from syntagma.pipeline.rendering.trees import draw_sentence

__all__ = ["HtmlPage", "draw_sentence", "html_page", "print_document", "write_html"]
