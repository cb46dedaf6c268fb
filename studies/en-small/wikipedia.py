"""Plain paragraphs of the 106 articles of English Wikipedia (CC BY-SA) that the gensim package carries for its tests.

python studies/en-small/wikipedia.py runs/en-small/packages > runs/en-small/wikipedia.txt
"""

from __future__ import annotations

import bz2
import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

SAMPLE = "gensim/test/test_data/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
ELEMENTS = "math|gallery|timeline|pre|code|syntaxhighlight|table|blockquote|div|ref"
MARKUP: list[tuple[str, str, int]] = [
    (r"(?s)<!--.*?-->", "", 1),
    (r"(?is)<ref[^>]*/>", "", 1),
    (rf"(?is)<({ELEMENTS})\b.*?</\1>", "", 1),
    (r"(?s)\{\{[^{}]*\}\}", "", 6),  # templates stand inside one another
    (r"(?s)\{\|.*?\|\}", "", 1),
    (r"(?i)\[\[(?:file|image|category):[^\[\]]*\]\]", "", 3),
    (r"\[\[[a-z-]{2,12}:[^\]]*\]\]", "", 1),
    (r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]", r"\1", 1),
    (r"\[https?://\S+ ([^\]]*)\]", r"\1", 1),
    (r"\[https?://\S+\]", "", 1),
    (r"'{2,}", "", 1),
    (r"<[^>]+>", "", 1),
]
LEFTOVER = re.compile(r"[\[\]{}|=]")
EMPTY_BRACKETS = re.compile(r" ?\(\s*[,;]?\s*\)")


def main() -> None:
    """Write every paragraph, with an empty line between them."""
    sample = Path(sys.argv[1]) / SAMPLE
    for page in pages(sample):
        for paragraph in paragraphs(page):
            sys.stdout.write(f"{paragraph}\n\n")


def pages(sample: Path) -> Iterator[str]:
    """The markup of every article."""
    with bz2.open(sample) as stream:
        for _, element in ElementTree.iterparse(stream):
            if element.tag.endswith("}page"):
                text = element.findtext(".//{*}text") or ""
                if element.findtext("{*}ns", "0") == "0" and not text.lower().startswith("#redirect"):
                    yield text
                element.clear()


def paragraphs(markup: str) -> Iterator[str]:
    """The running text of an article; no lists, headings or tables."""
    for pattern, replacement, times in MARKUP:
        for _ in range(times):
            markup = re.sub(pattern, replacement, markup)
    text = html.unescape(html.unescape(markup)).replace("\xa0", " ")
    for line in EMPTY_BRACKETS.sub("", text).splitlines():
        line = line.strip()
        if len(line) >= 40 and line[0] not in "=*#:;|!{}<" and not LEFTOVER.search(line):
            yield line


if __name__ == "__main__":
    main()
