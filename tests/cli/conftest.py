"""The command, run inside the test with a fake pipeline."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest

import syntagma.pipeline
from syntagma.cli import main

from .fake_pipeline import FakePipeline
from .small_model import save_small_model


class Result(NamedTuple):
    """What a run of the command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> FakePipeline:
    """What `load` gives."""
    fake = FakePipeline()

    def load(name: str, *, layers: Sequence[str] | None = None) -> FakePipeline:
        fake.layers = layers
        return fake

    monkeypatch.setattr(syntagma.pipeline, "load", load)
    return fake


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, pipeline: FakePipeline) -> Run:
    """Run the command with these arguments."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")

    def run_command(*arguments: str) -> Result:
        code = main(list(map(str, arguments)))
        return Result(code, *capsys.readouterr())

    return run_command


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a small language model."""
    return str(save_small_model(tmp_path_factory.mktemp("language_models") / "small"))


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Let standard input be these bytes."""

    def put(contents: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(contents), encoding="utf-8"))

    return put
