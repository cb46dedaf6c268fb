"""Continuations as people see them, and the signs of life while they are made."""

from __future__ import annotations

import io
import sys

import pytest

from syntagma.cli.continuations import writer
from syntagma.cli.prompts import Prompt
from syntagma.cli.token_progress import token_progress
from syntagma.cli.waiting import waiting
from syntagma.language_models.chat import Message

PROMPTS = [Prompt("The [bold]cat", "a:1"), Prompt([Message("system", "Purr."), Message("user", "Hi\x1b")], "a:2")]
RECORDS = [{"prompt": 0, "text": " sat\x1b[2J on a mat."}, {"prompt": 1, "text": "[red]Prr\r"}]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "24")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def shown(stream: io.StringIO) -> str:
    write = writer("text", PROMPTS, stream)
    for record in RECORDS:
        write(record)
    return stream.getvalue()


def test_at_a_terminal_prompts_are_dim_lines_wrap_and_nothing_can_drive_it(narrow: None) -> None:
    seen = shown(Terminal())
    assert seen.startswith("\x1b[2mThe [bold]cat\x1b[0m sat\ufffd[2J")
    assert "\x1b[2muser: Hi\ufffd\x1b[0m\n[red]Prr\ufffd\n" in seen
    lines = seen.replace("\x1b[2m", "").replace("\x1b[0m", "").splitlines()
    assert [line.rstrip() for line in lines[:2]] == ["The [bold]cat sat\ufffd[2J on", "a mat."]


def test_elsewhere_they_are_as_they_are() -> None:
    assert shown(io.StringIO()) == "The [bold]cat sat\x1b[2J on a mat.\n\nsystem: Purr.\nuser: Hi\x1b\n[red]Prr\r\n\n"


def test_a_bar_shows_how_far_it_is_and_how_fast(narrow: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    with token_progress("scoring", 40) as advance:
        advance(10, 100)
        advance(20, 0)
    assert "scoring" in screen.getvalue()
    assert "30/40" in screen.getvalue()
    assert "tokens/s" in screen.getvalue()


def test_nothing_is_shown_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    for screen, wanted in ((io.StringIO(), True), (Terminal(), False)):
        monkeypatch.setattr(sys, "stderr", screen)
        with token_progress("scoring", 40, shown=wanted) as advance:
            advance(10, 100)
        assert screen.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", screen := io.StringIO())
    with waiting("loading"):
        pass
    assert screen.getvalue() == ""


def test_what_is_waited_for_is_told_and_wiped_away(narrow: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    with waiting("loading [x]\x1b"):
        pass
    assert "loading [x]\ufffd" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")
