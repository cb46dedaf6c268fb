"""The frame of every report that is a web page: no script, nothing fetched, light or dark as the reader's system is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files

from syntagma.learning.report.charts import ticks
from syntagma.markup import element, safe

_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
<h1>{title}</h1>
{body}
</html>
"""


def page(title: str, body: Iterable[str]) -> str:
    """A whole page; the parts of the body are markup."""
    style = files("syntagma.learning.report").joinpath("page.css").read_text(encoding="utf-8")
    return _PAGE.format(title=safe(title), style=style, body="\n".join(body))


def facts_list(facts: Mapping[str, object]) -> Iterator[str]:
    """What is known of a run besides its scores, by name; nothing where nothing is."""
    if facts:
        rows = (element("dt", safe(name)) + element("dd", safe(value)) for name, value in facts.items())
        yield element("dl", "".join(rows))


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], last: Iterable[Sequence[str]] = (), *, words: bool = False
) -> str:
    """A table of text cells; `last` are rows at its foot. With `words` the last column has text of any length."""

    def row(cells: Sequence[str], kind: str) -> str:
        return element("tr", "".join(element(kind, safe(cell)) for cell in cells))

    body = element("tbody", "".join(row(cells, "td") for cells in rows))
    foot = element("tfoot", "".join(row(cells, "td") for cells in last))
    kind = {"class_": "words"} if words else {}
    return element("div", element("table", element("thead", row(columns, "th")) + body + foot, **kind), class_="table")


def whole_ticks(last: int) -> list[float]:
    """The first and the last of so many epochs and round ones between, none too near the last one."""
    step = 1.0 if last <= 12 else ticks(0.0, float(last))[1]
    between = [number * step for number in range(1, last + 1) if 1 < number * step < last - step / 2]
    return [1.0, *between, *([float(last)] if last > 1 else [])]
