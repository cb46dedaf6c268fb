from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from .conftest import Run
from .fake_pipeline import FakePipeline


def lines(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_text_is_shown_with_a_table(run: Run) -> None:
    result = run("annotate", "in Rome today")
    assert (result.code, result.err) == (0, "")
    assert "in [Rome PER] today" in result.out
    assert "0.900  3-7" in result.out
    assert "NOUN  PROPN  NOUN" in result.out


def test_json_has_the_promised_keys(run: Run) -> None:
    (document,) = lines(run("annotate", "--json", "in Rome").out)
    assert document == {
        "text": "in Rome",
        "tokens": [{"start": 0, "end": 2, "upos": "NOUN"}, {"start": 3, "end": 7, "upos": "PROPN"}],
        "sentences": [[0, 2]],
        "entities": [{"start": 3, "end": 7, "text": "Rome", "label": "PER", "confidence": 0.9}],
    }


def test_conllu(run: Run) -> None:
    out = run("annotate", "--conllu", "in Rome").out
    assert "# text = in Rome" in out
    assert "2\tRome\t_\tPROPN" in out


def test_many_inputs_keep_their_order(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(b"one\r\nTwo")
    (tmp_path / "a.conll").write_text("Three O\nfour B-LOC\n\nFive O\n", encoding="utf-8")
    result = run("annotate", "--json", str(tmp_path / "b.txt"), "a text", str(tmp_path / "a.conll"))
    found = lines(result.out)
    assert [document["text"] for document in found] == ["one\r\nTwo", "a text", "Three four", "Five"]
    assert [document.get("source") for document in found][:2] == [str(tmp_path / "b.txt"), None]
    assert [entity["text"] for entity in found[2]["entities"]] == ["Three"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("by", "texts"), [("file", ["A b\n\nc\nd\n"]), ("line", ["A b", "", "c", "d"])])
def test_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch, by: str, texts: list[str]) -> None:
    buffer = io.BytesIO(b"A b\n\nc\nd\n")
    buffer.name = "<stdin>"  # type: ignore[attr-defined]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(buffer))
    found = lines(run("annotate", "-", "--json", "--by", by).out)
    assert [document["text"] for document in found] == texts
    assert {document["source"] for document in found} == {"-"}


def test_a_text_can_be_divided_too(run: Run) -> None:
    found = lines(run("annotate", "one\ntwo", "--json", "--by", "line").out)
    assert [(d["text"], d.get("offset"), d.get("source")) for d in found] == [("one", None, None), ("two", 4, None)]


def test_format_overrides_the_name(run: Run, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("One O\ntwo O\n", encoding="utf-8")
    (document,) = lines(run("annotate", "--json", "--format", "conll", str(tmp_path / "words.txt")).out)
    assert document["text"] == "One two"


def test_output_and_page_are_written(run: Run, tmp_path: Path) -> None:
    page, out = tmp_path / "page.html", tmp_path / "out.jsonl"
    result = run("annotate", "in Rome", "--html", str(page), "--output", str(out))
    assert result == (0, "", "")
    assert lines(out.read_text(encoding="utf-8"))[0]["text"] == "in Rome"
    assert "annotated by en-small" in page.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "page.html"]


def test_a_page_alone_leaves_the_table_on_standard_output(run: Run, tmp_path: Path) -> None:
    result = run("annotate", "in Rome", "--html", str(tmp_path / "page.html"))
    assert "[Rome PER]" in result.out
    assert (tmp_path / "page.html").exists()


@pytest.mark.parametrize(("name", "begins"), [("o.conllu", "# newdoc"), ("o.json", "{"), ("o.txt", "in [Rome PER]")])
def test_the_name_of_the_output_says_what_it_is(run: Run, tmp_path: Path, name: str, begins: str) -> None:
    assert run("annotate", "in Rome", "-o", str(tmp_path / name)).code == 0
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


def test_options_reach_the_pipeline(run: Run, pipeline: FakePipeline) -> None:
    assert run("annotate", "x", "--min-confidence", "0.5", "--batch-words", "10").code == 0
    assert pipeline.calls == [{"batch_words": 10, "min_confidence": 0.5}]


def test_layers_reach_the_model(run: Run, pipeline: FakePipeline) -> None:
    assert run("annotate", "x").code == 0
    assert pipeline.layers is None
    assert run("annotate", "x", "--layers", "ner, upos").code == 0
    assert pipeline.layers == ["ner", "upos"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nosuch.txt"], "error: nosuch.txt: no such file. If it is meant as text, pass it on standard input"),
        (["some folder/nosuch.jsonl"], "error: some folder/nosuch.jsonl: no such file"),
        (["/"], "error: /: this is a folder. Name the files in it"),
        (["-", "-"], "error: standard input (-) can be given only once"),
        (["x", "--json", "--conllu"], "error: --json and --conllu cannot be given together"),
        (["x", "-o", "a.html"], "error: --output writes no web page: use --html a.html"),
        (["x", "-o", "/nowhere/a.jsonl"], "error: /nowhere/a.jsonl: could not be written: No such file or directory"),
        (["x", "--html", "/nowhere/a.html"], "error: /nowhere/a.html: could not be written"),
        (["bad \udcff"], "error: a text on the command line is not UTF-8 at its character 4"),
    ],
)
def test_mistakes_are_told_in_one_line(run: Run, arguments: list[str], message: str) -> None:
    result = run("annotate", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(message)
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0", b"caf\xe9 au lait"])
def test_files_that_are_no_utf8_text(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.txt").write_bytes(content)
    (tmp_path / "out.jsonl").write_text("old", encoding="utf-8")
    result = run("annotate", str(tmp_path / "in.txt"), "-o", str(tmp_path / "out.jsonl"))
    assert result.code == 2
    assert result.err.startswith(f"error: {tmp_path / 'in.txt'}:1: ")
    assert result.err.count("\n") == 1
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == "old"
    assert len(list(tmp_path.iterdir())) == 2
