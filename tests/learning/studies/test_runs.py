"""Samples that nest, records that are whole, and the probe of what a model relies on."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
import torch
from rich.console import Console
from torch import nn

from syntagma.encoders import Concatenation, Hashed
from syntagma.errors import DataError, RecipeError
from syntagma.learning.history import Epoch
from syntagma.learning.studies.progress import TerminalStudyProgress
from syntagma.learning.studies.record import Record, Run, read_record, write_record
from syntagma.learning.studies.reliance import keeping
from syntagma.learning.studies.sampling import draw
from syntagma.text.view import View

RUN = Run("da", "word+char", "10", 3)
RECORD = Record(RUN, {"the recipe": "1"}, 10, 50.0, {"a": 40.0, "b": 60.0}, {"word": 3.0}, 5, 4, 1.5, 99)


def test_samples_of_a_seed_nest_and_seeds_differ() -> None:
    many = list(range(200))
    samples = {size: draw(many, size, 1) for size in (10, 100, 200)}
    assert set(samples[10]) < set(samples[100]) < set(samples[200]) == set(many)
    assert draw(many, 10, 1) == samples[10] != draw(many, 10, 2)
    assert len(set(samples[10])) == 10
    with pytest.raises(ValueError, match="201 of 200"):
        draw(many, 201, 1)


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    assert read_record(RUN, tmp_path) is None
    write_record(RECORD, tmp_path)
    assert read_record(RUN, tmp_path) == RECORD
    assert [path.name for path in tmp_path.rglob("*.json")] == ["10-3.json"]


def test_a_score_is_that_of_the_tests_or_of_the_dev_data() -> None:
    assert RECORD.score == 50.0
    assert Record(RUN, {}, 10, 30.0).score == 30.0


@pytest.mark.parametrize("text", ["", "{", "{}", '{"run": 3}'])
def test_what_is_no_record_is_told(tmp_path: Path, text: str) -> None:
    write_record(RECORD, tmp_path)
    (tmp_path / RUN.path).write_text(text)
    with pytest.raises(DataError, match=r"10-3\.json: is not the record of this run\. Delete it"):
        read_record(RUN, tmp_path)


def test_the_record_of_another_run_is_told(tmp_path: Path) -> None:
    write_record(RECORD, tmp_path)
    other = Run("da", "word+char", "10", 4)
    (tmp_path / other.path).write_bytes((tmp_path / RUN.path).read_bytes())
    with pytest.raises(DataError, match="is not the record of this run"):
        read_record(other, tmp_path)


def test_keeping_some_is_zeroing_the_others_and_their_columns_alone() -> None:
    torch.manual_seed(1)
    members = {name: Hashed(width=width, rows={"norm": 20}) for name, width in (("a", 3), ("b", 4), ("c", 2))}
    whole, behind = Concatenation(members), nn.Linear(9, 5)
    views = [View(("one", "two")), View(("three",))]
    everything = whole(views).vectors
    with keeping(whole, ["a", "c"]):
        kept = whole(views).vectors
    zeroed = everything.clone()
    zeroed[..., 3:7] = 0
    torch.testing.assert_close(kept, zeroed, rtol=0, atol=0)
    columns = behind.weight[:, [0, 1, 2, 7, 8]]
    smaller = Concatenation({name: members[name] for name in ("a", "c")})(views).vectors @ columns.T + behind.bias
    torch.testing.assert_close(behind(kept), smaller, rtol=0, atol=1e-6)
    torch.testing.assert_close(whole(views).vectors, everything, rtol=0, atol=0)


def test_after_keeping_the_mask_is_as_before_whatever_happened() -> None:
    whole = Concatenation({name: Hashed(width=2, rows={"norm": 5}) for name in "abc"}, mask=[True, False, True])
    with pytest.raises(RecipeError), keeping(whole, ["nobody"]):
        pass
    with pytest.raises(KeyError), keeping(whole, ["b"]):
        raise KeyError
    assert whole.active == ("a", "c")


def test_progress_prints_a_line_a_run() -> None:
    stream = StringIO()
    with TerminalStudyProgress(Console(file=stream, width=200)) as shown:
        shown.plan(12, 3)
        shown.caching("[e5]", 5, 10)
        shown.waiting("e5", "process 7")
        shown.caching("[e5]", 10, 10)
        shown.begin(RUN)
        shown.step(1, 1, 2, 0.5)
        shown.epoch(Epoch(1, 0.5, 0.1, 1.0, 10, 0.5), is_best=True)
        shown.end(RECORD)
    assert stream.getvalue().splitlines() == [
        "3 of 12 runs were done before",
        "vectors of e5: waiting for process 7, which is filling the same cache",
        "vectors of [e5]: 10 words computed",
        " 4/12  da, word+char, 10 sentences, seed 3: dev 50.00  a 40.00  b 60.00  2 s",
    ]


def test_a_terminal_sees_bars_and_the_best_dev_score() -> None:
    stream = StringIO()
    with TerminalStudyProgress(Console(file=stream, width=120, force_terminal=True)) as shown:
        shown.plan(12, 0)
        shown.begin(RUN)
        shown.step(1, 1, 2, 0.5)
        shown.epoch(Epoch(1, 0.5, 0.1, 1.0, 10, 0.625), is_best=True)
    assert "da, word+char, 10 sentences, seed 3: best dev score 62.50" in stream.getvalue()
    assert "epoch 1, loss 0.5000" in stream.getvalue()
