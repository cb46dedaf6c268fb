"""study(): every point of the grid once, the same samples for all stacks, resumed, and what is refused in time."""

from __future__ import annotations

import json
import os
import shutil
import signal
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from syntagma.errors import DataError, ModelError, OutputError, RecipeError, SyntagmaError
from syntagma.learning.studies.progress import SilentStudyProgress
from syntagma.learning.studies.record import Record, Run
from syntagma.recipes import load_run, parse_run, recipe_schema
from syntagma.recipes.character_lm import CharacterLMRecipe
from syntagma.recipes.character_lm_training import train_character_lm
from syntagma.recipes.studied_data import StudiedData
from syntagma.recipes.study import StudyRecipe
from syntagma.recipes.studying import StudyResult, study

Values = dict[str, Any]


@pytest.fixture(scope="session")
def character_lm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small trained pair of character language models."""
    folder = tmp_path_factory.mktemp("character-lm")
    (folder / "text.txt").write_text("Ann met Bob in New York. Rain fell on York.\n" * 5, encoding="utf-8")
    values = {
        "task": "character-lm",
        "data": {"train": "text.txt", "dev": "text.txt"},
        "model": {"embedding": 4, "hidden": 6},
        "learning": {"epochs": 1, "batch_characters": 150, "longest": 20},
    }
    recipe = parse_run(values, folder=folder)
    assert isinstance(recipe, CharacterLMRecipe)
    return train_character_lm(recipe, folder / "lm").folder


@pytest.fixture
def grid(values: Values, folder: Path, character_lm: Path) -> Values:
    """A study of two stacks, one with a frozen encoder."""
    shutil.copytree(character_lm, folder / "lm")
    data = values.pop("data") | {"test": [{"path": "train.conll", "name": "t"}]}
    values["encoder"]["of"]["members"].append({"kind": "character-lm", "name": "lm", "model": "lm"})
    values["encoder"] |= {"kind": "convolution", "width": 12, "layers": 1}
    del values["encoder"]["hidden"]
    values["learning"] |= {"epochs": 2, "batch_words": 60}
    return {
        "task": "study",
        "base": values,
        "data": {"da": data},
        "stacks": {"word": ["hashed"], "word+lm": ["hashed", "lm"]},
        "sizes": ["all", 2],
        "seeds": [1, 2],
        "cache": "cache",
    }


def parsed(values: Values, folder: Path, *overrides: str) -> StudyRecipe:
    recipe = parse_run(values, overrides, folder=folder)
    assert isinstance(recipe, StudyRecipe)
    return recipe


def run(values: Values, folder: Path, *overrides: str, **options: Any) -> StudyResult:
    return study(parsed(values, folder, *overrides), folder / "out", **options)


class Told(SilentStudyProgress):
    """Remembers the runs that it was told of; optionally sends the signal of Ctrl-C at a step of a run."""

    def __init__(self, stop: tuple[int, int] | None = None) -> None:
        self.stop = stop
        self.begun: list[Run] = []
        self.done: list[Record] = []
        self.cached: list[str] = []

    def caching(self, name: str, done: int, total: int) -> None:
        self.cached.append(name)

    def begin(self, run: Run) -> None:
        self.begun.append(run)

    def step(self, epoch: int, done: int, steps: int, loss: float) -> None:
        if (len(self.begun), done) == self.stop:
            os.kill(os.getpid(), signal.SIGINT)

    def end(self, record: Record) -> None:
        self.done.append(record)


def without_time(record: Record) -> Values:
    return {name: getattr(record, name) for name in Record.__slots__ if name != "seconds"}


def test_every_point_of_the_grid_has_a_record_and_the_report_has_all(grid: Values, folder: Path) -> None:
    told = Told()
    result = run(grid, folder, progress=told)
    assert {path.name for path in result.folder.iterdir()} == {"records", "study.json", "study.html", "study.toml"}
    assert len(list(result.folder.rglob("records/*/*/*.json"))) == 8
    assert [str(one) for one in told.begun[:4]] == [
        "da, word, 2 sentences, seed 1",
        "da, word+lm, 2 sentences, seed 1",
        "da, word, all sentences, seed 1",
        "da, word+lm, all sentences, seed 1",
    ]
    assert set(told.cached) == {"lm"}
    records = {(one.run.stack, one.run.size, one.run.seed): one for one in told.done}
    assert records["word", "2", 1].sentences == 2
    assert records["word", "all", 2].sentences == 18
    assert records["word", "2", 1].reliance == {}
    assert set(records["word+lm", "2", 1].reliance) == {"word", "contextual-character"}
    assert set(records["word", "2", 1].test) == {"t"}
    report = json.loads((result.folder / "study.json").read_text())
    assert len(report["runs"]) == 8
    assert report["facts"]["scores"] == "on the test data"
    assert report["findings"][0]["comparisons"][0]["addition"] == "adding lm to word"
    assert load_run(result.folder / "study.toml").model_dump() == parsed(grid, folder).model_dump()


def test_done_runs_are_not_done_again_and_new_points_may_be_added(grid: Values, folder: Path) -> None:
    run(grid, folder)
    again, more = Told(), Told()
    run(grid, folder, progress=again, resume=True)
    assert again.begun == []
    grid["stacks"]["all"] = ["characters", "hashed", "lm"]
    run(grid, folder, "seeds=[1,2,3]", "sizes=[2,3,'all']", progress=more)
    assert len(more.begun) == 3 * 3 * 3 - 8
    assert not [one for one in more.begun if one.stack != "all" and one.size != "3" and one.seed != 3]


def test_an_interrupted_study_ends_as_if_it_had_not_been(grid: Values, folder: Path) -> None:
    whole = Told()
    run(grid, folder, progress=whole)
    shutil.move(folder / "out", folder / "whole")
    stopped, resumed = Told((3, 2)), Told()
    with pytest.raises(KeyboardInterrupt):
        run(grid, folder, progress=stopped)
    assert len(list((folder / "out").rglob("records/*/*/*.json"))) == 2
    run(grid, folder, progress=resumed, resume=True)
    assert [one.run for one in resumed.done] == [one.run for one in whole.done[2:]]
    for found, expected in zip([*stopped.done, *resumed.done], whole.done, strict=True):
        assert without_time(found) == without_time(expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("recipe", r"the recipe changed since the run was done \(da, word, 2 sentences, seed 1\)"),
        ("data", "the data changed since the run was done"),
        ("encoder", "the encoder 'lm' changed since the run was done|the data changed since"),
        ("record", "is not the record of this run"),
    ],
)
def test_what_changed_since_is_refused(grid: Values, folder: Path, change: str, message: str) -> None:
    run(grid, folder)
    before = (folder / "out" / "study.json").read_bytes()
    if change == "recipe":
        grid["base"]["learning"]["epochs"] = 3
    elif change == "data":
        with (folder / "train.conll").open("a") as stream:
            stream.write("Rain\tO\n\n")
    elif change == "encoder":
        weights = folder / "lm" / "weights.safetensors"
        weights.write_bytes(weights.read_bytes()[:-2] + b"\x11\x11")
    else:
        next((folder / "out").rglob("records/*/*/2-1.json")).write_text("{")
    with pytest.raises(SyntagmaError, match=message) if change != "encoder" else pytest.raises(SyntagmaError):
        run(grid, folder)
    assert (folder / "out" / "study.json").read_bytes() == before


def test_what_a_recipe_says_beside_its_runs_may_change(grid: Values, folder: Path) -> None:
    run(grid, folder)
    grid["base"]["description"] = "better words"
    grid["description"] = "other words"
    told = Told()
    run(grid, folder, "name=renamed", progress=told)
    assert told.begun == []


def test_there_must_be_something_to_resume(grid: Values, folder: Path) -> None:
    with pytest.raises(RecipeError, match="there is no study to resume"):
        run(grid, folder, resume=True)


def test_stacks_see_the_same_samples_which_nest(grid: Values, folder: Path) -> None:
    data = StudiedData(parsed(grid, folder, "sizes=[2,5,'all']", "dev_sentences=4", "test_sentences=3"))

    def sample(stack: str, size: str, seed: int) -> list[int]:
        return [id(sentence) for sentence in data.sets(Run("da", stack, size, seed)).train]

    assert sample("word", "2", 1) == sample("word+lm", "2", 1)
    assert set(sample("word", "2", 1)) < set(sample("word", "5", 1)) < set(sample("word", "all", 1))
    assert sample("word", "5", 1) != sample("word", "5", 2)
    for seed in (1, 2):
        sets = data.sets(Run("da", "word", "2", seed))
        assert (len(sets.dev), len(sets.test["t"])) == (4, 3)
        assert sets.dev == data.sets(Run("da", "word+lm", "5", 1)).dev


def test_a_sample_without_some_labels_still_knows_them(grid: Values, folder: Path) -> None:
    text = (folder / "train.conll").read_text()
    (folder / "train.conll").write_text(text + "It\tO\nrains\tO\n\n" * 30)
    result = run(grid, folder, "sizes=[1]", "seeds=[1,2,3,4]")
    assert len(result.report.results.records) == 8


def test_the_base_may_lie_elsewhere_with_its_own_paths(grid: Values, folder: Path) -> None:
    (folder / "models").mkdir()
    shutil.move(folder / "lm", folder / "models" / "lm")
    base = grid["base"] | {"data": {"train": "nowhere", "dev": "nowhere", "labels": "upos"}, "seed": 9}
    (folder / "models" / "tagger.toml").write_text(tomli_w.dumps(base))
    told = Told()
    run(grid | {"base": "models/tagger.toml"}, folder, "sizes=[2]", progress=told)
    assert len(told.done) == 4


def test_a_data_set_may_have_some_of_the_stacks(grid: Values, folder: Path) -> None:
    grid["data"]["no-lm"] = grid["data"]["da"] | {"stacks": ["word"]}
    recipe = parsed(grid, folder)
    assert recipe.stacks_of("no-lm") == ["word"]
    assert recipe.stacks_of("da") == ["word", "word+lm"]


def test_kinds_come_from_the_encoder_or_the_recipe(grid: Values, folder: Path) -> None:
    assert parsed(grid, folder).compared()[1].members == {"hashed": "word", "lm": "contextual-character"}
    found = parsed(grid, folder, "kinds.hashed=character").compared()[1]
    assert found.members == {"hashed": "character", "lm": "contextual-character"}


TREES = """1	Ann	_	_	_	_	2	nsubj	_	_
2	met	_	_	_	_	0	root	_	_
3	Bob	_	_	_	_	2	obj	_	_

1	Rain	_	_	_	_	2	nsubj	_	_
2	fell	_	_	_	_	0	root	_	_

"""


def test_parsers_are_studied_like_taggers(grid: Values, folder: Path) -> None:
    (folder / "trees.conllu").write_text(TREES * 3)
    trees = {"train": "trees.conllu", "dev": "trees.conllu", "labels": "dependencies"}
    grid["data"] = {"trees": trees}
    result = run(grid, folder, "sizes=[2]", "stacks={word=['hashed'], more=['hashed','characters']}")
    assert {record.run.data for record in result.report.results.records} == {"trees"}
    assert all(0 <= score <= 100 for record in result.report.results.records for score in record.reliance.values())
    assert len(result.report.findings[0].comparisons) == 1
    told = "on the dev data, by which the epochs were chosen"
    assert result.report.facts["scores"] == f"{told}, for there are no test data"


def broken(grid: Values, change: Values) -> Values:
    values = deepcopy(grid)
    for path, value in change.items():
        *tables, last = path.split("/")
        inside = values
        for table in tables:
            inside = inside[table]
        inside[last] = value
    return values


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stacks/word": ["hashd"]}, "the stack 'word' has 'hashd', which is none of the candidates hashed, char"),
        ({"stacks/word": ["hashed", "hashed"]}, "the stack 'word' has 'hashed' twice"),
        ({"stacks/word": []}, "the stack 'word' is empty"),
        ({"stacks/more": ["lm", "hashed"]}, r"the stacks 'word\+lm' and 'more' are the same: leave out one of them"),
        ({"data/da/stacks": ["many"]}, "the data set 'da' wants the stack 'many', which is not there"),
        ({"data/da/stacks": []}, "the data set 'da' is to be tried with no stack"),
        ({"data/da/stacks": ["word"]}, "no two stacks on one data set differ in one encoder: add one with an encoder"),
        ({"stacks/word": ["characters"]}, "no two stacks on one data set differ in one encoder"),
        ({"sizes": [0]}, "0 is no number of sentences, nor"),
        ({"sizes": ["most"]}, "'most' is no number of sentences, nor"),
        ({"sizes": [2, 2]}, "a size is there twice"),
        ({"seeds": [1]}, "a study needs at least 2 different seeds, or it could not tell an effect from chance"),
        ({"seeds": [1, 1]}, "a study needs at least 2 different seeds"),
        ({"kinds": {"bert": "word"}}, "'bert' is none of the candidates hashed, characters, lm"),
        ({"base": "nowhere.toml"}, r"nowhere\.toml: cannot be read: No such file or directory"),
        ({"base": 3}, "the value of 'base' at the top of the recipe is wrong"),
        ({"base/encoder": {"kind": "hashed"}}, "a study needs an encoder that reads a concatenation"),
        ({"base/learning/epoks": 3}, r"unknown key 'epoks' in table \[base.learning\]; did you mean 'epochs'\?"),
        ({"base/scorer": {"kind": "biaffine"}}, "the scorer 'biaffine' suits no layer"),
        ({"data/da/trian": "x"}, r"unknown key 'trian' in table \[data.da\]; did you mean 'train'\?"),
        ({"data": {}}, "the value of 'data' at the top of the recipe is wrong"),
    ],
)
def test_a_wrong_recipe_is_told(grid: Values, folder: Path, change: Values, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        parsed(broken(grid, change), folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": [2, 19]}, "the data set 'da': has 18 training sentences, and the study wants 19. The size \"all\""),
        ({"dev_sentences": 19}, "the data set 'da': has 18 dev sentences, and the study wants 19. Lower `dev_sent"),
        ({"test_sentences": 19}, "the data set 'da': has 18 test sentences, and the study wants 19"),
        ({"data/da/train": "gone.conll"}, r"gone\.conll"),
        (
            {"base/encoder/of/members": [{"kind": "hashed"}, {"kind": "character-lm", "name": "lm", "model": "gone"}]},
            "gone",
        ),
        ({"cache_gigabytes": 1e-9}, "the cache would grow"),
        ({"cache": "train.conll/cache"}, "the cache cannot be written"),
    ],
)
def test_what_cannot_be_studied_is_refused_before_any_run(
    grid: Values, folder: Path, change: Values, message: str
) -> None:
    told = Told()
    with pytest.raises((DataError, ModelError, OutputError, RecipeError), match=message):
        run(broken(grid, change), folder, progress=told)
    assert told.begun == []


def test_a_folder_that_cannot_be_made_is_told(grid: Values, folder: Path) -> None:
    with pytest.raises(OutputError, match="could not be made: Not a directory"):
        study(parsed(grid, folder), folder / "train.conll" / "out")


def test_editors_know_the_recipe_of_a_study() -> None:
    found = recipe_schema()["$defs"]
    assert found["StudyRecipe"]["properties"]["base"]["anyOf"][0] == {"type": "string"}
    assert "data" not in found["BaseRecipe"]["required"]
