"""Annotated documents made for people to look at: a web page, and a terminal."""

from syntagma.pipeline.rendering.html import HtmlPage, html_page, write_html
from syntagma.pipeline.rendering.table import print_document

__all__ = ["HtmlPage", "html_page", "print_document", "write_html"]
