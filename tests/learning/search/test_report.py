"""The report of a search: its figures, and all three of its forms."""

from __future__ import annotations

import io
import json
import random
from html.parser import HTMLParser

import pytest
from rich.console import Console

from syntagma.learning.history import Epoch
from syntagma.learning.search.controller import Combination
from syntagma.learning.search.episode import Episode
from syntagma.learning.search.progress import TerminalSearchProgress
from syntagma.learning.search.report import Candidate, SearchReport
from syntagma.learning.search.terminal import print_search
from syntagma.learning.search.web_page import render_search


def episode(number: int, combination: Combination, score: float, beliefs: tuple[float, ...] = (0.6, 0.3)) -> Episode:
    return Episode(number, combination, score, (Epoch(1, 0.5, 0.1, 2.0, 100, score / 100),), beliefs)


PREFIXED = SearchReport(
    "many",
    "all",
    [Candidate(f"candidate-with-a-long-name-{at}", "hashed", 8, 1, cached=False) for at in range(10)],
    [Episode(1, (True,) * 10, 80.0, (Epoch(1, 0.5, 0.1, 2.0, 100, 0.8),), (0.5,) * 10)],
)
EPISODES = [
    episode(1, (True, True), 80.0),
    episode(2, (True, False), 90.0),
    episode(3, (False, True), 82.0),
    episode(4, (True, False), 85.0, (0.75, 0.25)),
]
REPORT = SearchReport(
    "<tagger>",
    "ace",
    [
        Candidate("big & slow", "transformer", 384, 1000, cached=True, words=1000, bytes=768_000, seconds=2.0),
        Candidate("hashed", "hashed", 96, 10, cached=False),
    ],
    EPISODES,
    {"steps": 40},
)


class Text(HTMLParser):
    """The words of a page, and a check that its elements close."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "html"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("meta", "html"):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_its_figures() -> None:
    assert REPORT.best is EPISODES[1]
    assert REPORT.chosen == ["big & slow"]
    assert REPORT.combinations == [((True, False), 90.0, 2), ((False, True), 82.0, 1), ((True, True), 80.0, 1)]
    assert REPORT.relative == [None, pytest.approx(90.0 - 81.0), pytest.approx(82.0 - 87.5), None]
    assert REPORT.relative_of((True, False)) == pytest.approx(9.0)  # of episode 4, an end, nothing is known
    assert REPORT.relative_of((True, True)) is None
    assert REPORT.gain(0) == pytest.approx(9.0 + 5.5)
    assert REPORT.gain(1) == pytest.approx(-5.5 - 9.0)
    alone = SearchReport("one", "all", REPORT.candidates, EPISODES[:1])
    assert alone.gain(0) is None


def test_learning_that_goes_on_evenly_is_no_gain() -> None:
    rng = random.Random(3)
    combinations = [(rng.random() < 0.5, True) for _ in range(12)]
    rising = [episode(at, combination, 50 + 2.5 * at) for at, combination in enumerate(combinations, start=1)]
    report = SearchReport("rising", "random", REPORT.candidates, rising)
    assert report.relative[1:-1] == pytest.approx([0.0] * 10)
    assert report.gain(0) == pytest.approx(0.0)
    assert report.gain(1) is None
    ahead = [episode(one.number, one.combination, one.score + 3 * one.combination[0]) for one in rising]
    assert SearchReport("ahead", "random", REPORT.candidates, ahead).gain(0) == pytest.approx(3.0, abs=1.5)


def test_an_episode_that_goes_wrong_says_little_of_those_around_it() -> None:
    rising = [episode(at, (True, True), 0.0 if at == 6 else 50 + 2.5 * at) for at in range(1, 13)]
    relative = SearchReport("rising", "random", REPORT.candidates, rising).relative
    assert relative[5] == pytest.approx(-65.0)
    assert all(abs(value) < 4 for at, value in enumerate(relative) if value is not None and at != 5)


def test_the_json_says_all_of_it() -> None:
    told = json.loads(REPORT.to_json())
    assert told["chosen"] == ["big & slow"]
    assert told["score"] == 90.0
    assert told["combinations"][0] == {"candidates": ["big & slow"], "score": 90.0, "relative": 9.0, "episodes": 2}
    assert told["relative"] == [None, 9.0, -5.5, None]
    assert told["gains"] == {"big & slow": 14.5, "hashed": -14.5}
    assert told["episodes"][3]["beliefs"] == [0.75, 0.25]
    assert told["candidates"][0]["bytes"] == 768_000


def test_the_terminal_s_tables() -> None:
    stream = io.StringIO()
    print_search(REPORT, Console(file=stream, width=120))
    lines = [" ".join(line.split()) for line in stream.getvalue().splitlines()]
    assert "big & slow transformer 384 yes 0.75 +14.50 2.00 768" in lines
    assert "hashed hashed 96 no 0.25 -14.50" in lines
    assert "90.00 +9.00 2 big & slow" in lines


def test_a_dozen_candidates_with_long_names_are_told_apart_everywhere() -> None:
    stream = io.StringIO()
    print_search(PREFIXED, Console(file=stream, width=80))
    lines = stream.getvalue().splitlines()
    first, end = (next(at for at, line in enumerate(lines) if name in line) for name in ("candidate ", "combination"))
    column = lines[first].index("  kind") - 1
    shown = "".join(line[:column].strip() for line in lines[first + 1 : end])
    assert shown.startswith("candidate-with-a-long-name-0candidate-with-a-long-name-1")
    assert shown.endswith("candidate-with-a-long-name-9")
    page = render_search(PREFIXED)
    assert 'class="line c0"' in page
    assert 'class="line c0 hollow"' in page


def test_the_page() -> None:
    page = render_search(REPORT)
    words = " ".join(Text(page).words)
    assert "Best dev score 90.00, episode 2: big & slow" in words
    assert "Beliefs" in words
    assert "<tagger>" in words
    assert "<tagger>" not in page


def test_strategies_without_beliefs_have_no_chart_of_them() -> None:
    plain = SearchReport("x", "all", REPORT.candidates, [episode(1, (True, True), 80.0, ())])
    assert "Beliefs" not in render_search(plain)


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_has_a_line_an_episode_and_bars_of_beliefs(terminal: bool) -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=terminal, color_system=None)
    progress = TerminalSearchProgress(console, ["big & slow", "hashed"], 4)
    progress.waiting("big & slow", "process 7")
    progress.caching("big & slow", 50, 100)
    progress.caching("big & slow", 100, 100)
    with progress:
        progress.begin(2, (True, False), (0.6, 0.3), EPISODES[0])
        progress.step(1, 3, 10, 0.25)
        progress.end(EPISODES[1], is_best=True)
    shown = stream.getvalue()
    assert "vectors of big & slow: waiting for process 7, which is filling the same cache" in shown
    assert "vectors of big & slow: 100 words computed" in shown
    assert "episode   2  dev 90.00    2 s best  big & slow" in shown
    assert ("○ hashed" in " ".join(shown.split())) == terminal
    assert ("best so far 80.00: big & slow + hashed" in shown) == terminal
