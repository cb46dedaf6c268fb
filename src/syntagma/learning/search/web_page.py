"""The report of a search as one web page."""

from __future__ import annotations

from collections.abc import Iterator

from syntagma.learning.report.charts import Axis, Series, line_chart, ticks
from syntagma.learning.report.page import facts_list, page, table, whole_ticks
from syntagma.learning.search.report import SearchReport
from syntagma.learning.search.terminal import CANDIDATE_COLUMNS, candidate_rows, signed
from syntagma.markup import element, safe


def render_search(report: SearchReport) -> str:
    """The page as text."""
    return page(f"{report.name}: search by '{report.strategy}'", _body(report))


def _body(report: SearchReport) -> Iterator[str]:
    yield from facts_list(report.facts)
    best = report.best
    yield element("p", safe(f"Best dev score {best.score:.2f}, episode {best.number}: {' + '.join(report.chosen)}"))
    yield element("h2", "Candidates") + table(CANDIDATE_COLUMNS, candidate_rows(report))
    yield element("p", safe(_EXPLANATION), class_="note")
    yield element("h2", "Episodes") + element("div", "".join(_charts(report)), class_="charts") + _episodes(report)
    yield element("h2", "Combinations") + _combinations(report)


_EXPLANATION = (
    "Belief: the probability of the candidate in the next episode, where the strategy learns one. Relative: the score "
    "minus the median of as many episodes before as after, at most two; for weights go on learning from episode to "
    "episode, and later scores are higher whatever the combination. Gain: the mean relative score of the episodes "
    "with the candidate minus that of those without; a hint and no proof. Costs are those of computing and keeping "
    "the vectors of a frozen encoder."
)


def _charts(report: SearchReport) -> Iterator[str]:
    x = Axis("episode", whole_ticks(len(report.episodes)), lambda value: f"{value:g}")
    points = [(float(one.number), one.score) for one in report.episodes]
    scores = [score for _, score in points]
    y = Axis("score", ticks(min(scores), max(scores)), lambda value: f"{value:.4g}")
    yield line_chart("Dev score", x, y, [Series("score", points)], float(report.best.number))
    if report.episodes[0].beliefs:
        believed = [
            Series(one.name, [(float(e.number), e.beliefs[at]) for e in report.episodes])
            for at, one in enumerate(report.candidates)
        ]
        shares = Axis("belief", [0.0, 0.25, 0.5, 0.75, 1.0], lambda value: f"{value:.2f}")
        yield line_chart("Beliefs", x, shares, believed)


def _episodes(report: SearchReport) -> str:
    columns = ("episode", "dev score", "relative", "seconds", *(one.name for one in report.candidates))
    rows = (
        (
            str(one.number),
            f"{one.score:.2f}",
            signed(relative),
            f"{one.seconds:.1f}",
            *("●" if kept else "" for kept in one.combination),
        )
        for one, relative in zip(report.episodes, report.relative, strict=True)
    )
    return element("details", element("summary", "Every episode") + table(columns, rows))


def _combinations(report: SearchReport) -> str:
    rows = (
        (f"{score:.2f}", signed(report.relative_of(combination)), str(count), " + ".join(report.names(combination)))
        for combination, score, count in report.combinations
    )
    return table(("best dev score", "relative", "episodes", "combination"), rows, words=True)
