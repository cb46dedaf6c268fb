"""The folder of an unfinished run: what its model may replace, and which run it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syntagma.errors import OutputError, RecipeError
from syntagma.recipes import Recipe, parse_recipe
from syntagma.recipes.run_folder import RunFolder, is_begun


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    (tmp_path / "a.conll").write_text("Ann B-PER\n")
    data = {"train": "a.conll", "dev": "a.conll", "labels": "ner"}
    return parse_recipe({"data": data, "encoder": {"kind": "hashed"}}, folder=tmp_path)


def run(recipe: Recipe, output: Path, verb: str = "train") -> RunFolder:
    return RunFolder(output, verb, recipe, ["a.conll"])  # type: ignore[arg-type]


def test_what_is_no_model_is_never_replaced(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("precious")
    for name in ("thesis.txt", "thesis", "thesis/../thesis"):
        with pytest.raises(OutputError, match=r"thesis.*: is there and is no model.*Choose another --output"):
            run(recipe, tmp_path / name).check(resume=False)


def test_a_model_and_an_empty_folder_may_be_replaced(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "manifest.json").write_text("{}")
    for name in ("empty", "old", "new", "new/er"):
        run(recipe, tmp_path / name).check(resume=False)


def test_the_folder_one_stands_in_has_a_name(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert run(recipe, Path()).path == tmp_path / "here.run"
    assert run(recipe, Path("../here/..")).path.name == f"{tmp_path.name}.run"
    with pytest.raises(OutputError, match=r"^/: is no place for a model"):
        run(recipe, Path("/"))


def test_a_place_that_cannot_be_written_is_told(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"out\.run: could not be made: Not a directory\. Choose another folder"):
        run(recipe, tmp_path / "a.conll" / "out").begin(resume=False)


def test_a_run_is_resumed_by_the_verb_that_began_it(recipe: Recipe, tmp_path: Path) -> None:
    output = tmp_path / "out"
    assert not is_begun(output)
    run(recipe, output, "search").begin(resume=False)
    assert is_begun(output)
    run(recipe, output, "search").check(resume=True)
    with pytest.raises(RecipeError, match=r"is one of `syntagma search`\. Resume it with that, or begin anew"):
        run(recipe, output, "train").check(resume=True)


def test_a_run_of_a_version_that_noted_no_verb_goes_on(recipe: Recipe, tmp_path: Path) -> None:
    begun = run(recipe, tmp_path / "out")
    begun.begin(resume=False)
    identity = json.loads((begun.path / "run.json").read_text())
    del identity["verb"]
    (begun.path / "run.json").write_text(json.dumps(identity))
    begun.check(resume=True)


def test_what_is_no_record_of_a_run_cannot_be_resumed(recipe: Recipe, tmp_path: Path) -> None:
    begun = run(recipe, tmp_path / "out")
    begun.path.mkdir()
    for text in ("", "{", "[]"):
        (begun.path / "run.json").write_text(text)
        with pytest.raises(RecipeError, match="no interrupted run to resume"):
            begun.check(resume=True)
