"""distill(): teachers and a student with other structures, in one call; resumed; and what is refused in time."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch

from syntagma.errors import DataError, ModelError, OutputError, RecipeError, StructureError
from syntagma.learning.distillation.progress import SilentDistillationProgress
from syntagma.learning.history import Epoch
from syntagma.learning.progress import Progress, SilentProgress
from syntagma.recipes import parse_recipe
from syntagma.recipes.distilling import DistillationResult, distill
from syntagma.recipes.objectives import identity_of
from syntagma.recipes.saved_model import load_model
from syntagma.recipes.training import train
from syntagma.recipes.vocabularies import Vocabularies

Values = dict[str, Any]
TREEBANK = """1	Ann	_	PROPN	_	_	2	nsubj	_	_
2	met	_	VERB	_	_	0	root	_	_
3	Bob	_	PROPN	_	_	2	obj	_	_

1	Rain	_	NOUN	_	_	2	nsubj	_	_
2	fell	_	VERB	_	_	0	root	_	_
3	on	_	ADP	_	_	4	case	_	_
4	York	_	PROPN	_	_	2	obl	_	_

1	Run	_	VERB	_	_	0	root	_	_

"""
RAW = "Ann met York. Bob fell.\n\nRain in New York hired Ann."


@pytest.fixture
def folder(folder: Path) -> Path:
    (folder / "trees.conllu").write_text(TREEBANK * 4, encoding="utf-8")
    (folder / "raw.txt").write_text(RAW, encoding="utf-8")
    return folder


Make = Callable[..., Path]


@pytest.fixture
def teacher(values: Values, folder: Path) -> Make:
    """Trains a teacher and gives its folder."""

    def make(name: str = "teacher", **changes: Any) -> Path:
        recipe = deepcopy(values) | {"name": name} | changes
        return train(parse_recipe(recipe, ["learning.epochs=2"], folder=folder), folder / name).folder

    return make


@pytest.fixture
def student(values: Values) -> Values:
    """The same, and softmax words over a smaller encoder."""
    smaller = {"encoder": {"kind": "hashed", "width": 8}, "structure": {"kind": "independent"}}
    return deepcopy(values) | smaller | {"distillation": {"teachers": ["teacher"], "cache": "cache"}}


def run(values: Values, folder: Path, *overrides: str, to: str = "out", **options: Any) -> DistillationResult:
    return distill(parse_recipe(values, overrides, folder=folder), folder / to, **options)


class Told(SilentDistillationProgress):
    """Remembers what it was told; optionally sends the signal of Ctrl-C in a training's second epoch."""

    def __init__(self, stop: str | None = None) -> None:
        self.stop = stop
        self.words: list[tuple[int, int]] = []
        self.trained: list[str] = []

    def targets(self, done: int, total: int) -> None:
        self.words.append((done, total))

    def training(self, what: str) -> Progress:
        self.trained.append(what)
        return Stop() if what == self.stop else SilentProgress()


class Stop(SilentProgress):
    """Presses Ctrl-C."""

    def epoch(self, epoch: Epoch, *, is_best: bool) -> None:
        if epoch.number == 2:
            os.kill(os.getpid(), signal.SIGINT)


def test_a_chain_teaches_a_tagger_without_pairs(student: Values, folder: Path, teacher: Make) -> None:
    """Case 2a, with labelled and unlabelled text: the model, its reports, its card; targets once and for all."""
    teacher()
    student["distillation"]["unlabelled"] = "raw.txt"
    told = Told()
    result = run(student, folder, progress=told)
    assert told.words[-1][0] == told.words[-1][1] > 30
    assert told.trained == ["without teachers", "with teachers"]
    recipe, tagger, _ = load_model(folder / "out")
    assert recipe.distillation is not None
    assert tagger.layers["ner"].labels == ["LOC", "ORG", "PER"]
    models = result.distillation.models
    assert [model.role for model in models] == ["teacher", "without teachers", "with teachers"]
    assert models[0].name == "teacher"
    assert all(set(model.scores) == {"dev"} and model.words_per_second for model in models)
    assert abs(models[1].bytes - models[2].bytes) < 2000 < models[2].bytes
    assert result.distillation.shares == pytest.approx([2 / 3, 1 / 3, 0])
    assert result.distillation.facts["annotated sentences"] == 18
    assert result.distillation.facts["sentences"] == 21
    record = json.loads((folder / "out" / "distillation.json").read_text())
    gain = 100 * (models[2].scores["dev"]["ner"] - models[1].scores["dev"]["ner"])
    assert record["gains"] == [{"data set": "dev", "layer": "ner", "points": pytest.approx(gain)}]
    assert "without teachers" in (folder / "out" / "distillation.html").read_text()
    card = (folder / "out" / "README.md").read_text()
    assert "taught by `teacher`" in card
    assert "| training, its words alone | `raw.txt` |" in card
    assert not (folder / "out.run").exists()
    again = Told()
    run(student, folder, "distillation.baseline=false", to="again", progress=again)
    assert again.words == []
    assert again.trained == ["with teachers"]
    weights = [load_model(folder / name)[1].state_dict() for name in ("out", "again")]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.parametrize(
    ("objective", "options"),
    [
        ("structural", ["distillation.temperature=2", "distillation.temperature_kind=local"]),
        ("posterior", ["distillation.temperature=2"]),
        ("token", []),
        ("top-k", ["distillation.k=3"]),
        ("weighted-top-k", []),
        ("posterior+weighted-top-k", ["distillation.k=2"]),
    ],
)
def test_every_objective_from_chain_to_chain(
    objective: str, options: list[str], student: Values, folder: Path, teacher: Make
) -> None:
    teacher()
    del student["structure"]
    options = [f"distillation.objective={objective}", "distillation.baseline=false", "learning.epochs=1", *options]
    result = run(student, folder, *options)
    assert result.distillation.objective == objective
    assert result.distillation.plain is None
    assert list(result.distillation.lost.values()) == pytest.approx([0.0])


PARSERS = {
    "1b": ("projective-tree", "biaffine", "heads", "relative-heads"),
    "2b": ("second-order-heads", "biaffine", "heads", "biaffine"),
    "trees": ("heads", "biaffine", "nonprojective-tree", "biaffine"),
}


@pytest.mark.parametrize("case", PARSERS)
def test_parsers(case: str, student: Values, folder: Path, teacher: Make) -> None:
    """Also a layer that no teacher has, learned from the annotation alone."""
    theirs, their_scorer, mine, my_scorer = PARSERS[case]
    data = {"train": "trees.conllu", "dev": "trees.conllu", "labels": "dependencies"}
    small = {} if "relative" in my_scorer else {"arc_hidden": 6, "relation_hidden": 6}
    teacher(
        data=data,
        structure={"kind": theirs},
        scorer={"kind": their_scorer, "arc_hidden": 8, "relation_hidden": 8},
    )
    student["data"] = data | {"labels": ["dependencies", "upos"]}
    student |= {"structure": {"kind": mine}, "scorer": {"kind": my_scorer} | small}
    result = run(student, folder, "distillation.baseline=false", "learning.epochs=1")
    assert set(result.distillation.distilled.scores["dev"]) == {"dependencies"}
    assert {layer.layer for layer in result.report.data_sets[0].layers} == {"dependencies", "upos"}
    lost = result.distillation.lost["dependencies"]
    assert lost > 0 if case == "1b" else lost == 0


def test_spans_teach_a_tagger_and_words_a_chain(student: Values, folder: Path, teacher: Make) -> None:
    """Cases 4 and 3; what the words' teacher thinks possible and the chain forbids is lost."""
    teacher("spans", structure={"kind": "segments"}, scorer={"kind": "biaffine-spans"})
    teacher("words", structure={"kind": "independent"})
    options = ["distillation.baseline=false", "learning.epochs=1"]
    spans = run(student, folder, "distillation.teachers=spans", *options)
    assert spans.distillation.lost["ner"] < 0.3  # no word begins with I, which the tagger knows too
    del student["structure"]
    words = run(student, folder, "distillation.teachers=words", *options)
    assert words.distillation.lost["ner"] > 0.1


def test_several_teachers_each_for_its_own_data_and_without_annotation(
    student: Values, folder: Path, teacher: Make
) -> None:
    """Nothing is annotated: labels are the teachers', and there is no model without them to compare with."""
    teacher("one")
    teacher("two", seed=5)
    (folder / "more.txt").write_text("Acme met Ann in York.\n", encoding="utf-8")
    student["data"]["train"] = []
    student["distillation"] |= {
        "teachers": [{"model": "one", "sources": ["raw.txt"]}, {"model": "two", "sources": ["raw.txt", "more"]}],
        "unlabelled": [{"path": "raw.txt"}, {"path": "more.txt", "name": "more"}],
    }
    result = run(student, folder)
    assert [model.role for model in result.distillation.models] == ["teacher", "teacher", "with teachers"]
    assert result.distillation.facts["annotated sentences"] == 0
    assert len(list((folder / "cache").glob("*/*.vectors"))) == 2
    assert load_model(folder / "out")[1].layers["ner"].labels == ["LOC", "ORG", "PER"]


@pytest.mark.parametrize("where", ["without teachers", "with teachers"])
def test_an_interrupted_run_ends_as_if_it_had_not_been(
    where: str, student: Values, folder: Path, teacher: Make
) -> None:
    teacher()
    whole = run(student, folder, to="whole")
    with pytest.raises(KeyboardInterrupt):
        run(student, folder, progress=Told(stop=where))
    told = Told()
    result = run(student, folder, resume=True, progress=told)
    assert told.words == []
    assert [model.scores for model in result.distillation.models] == [m.scores for m in whole.distillation.models]
    weights = [load_model(folder / name)[1].state_dict() for name in ("out", "whole")]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def _refused(values: Values, folder: Path, kind: type[Exception], message: str, **options: Any) -> None:
    with pytest.raises(kind, match=message):
        run(values, folder, **options)
    assert not (folder / "out").exists()
    assert not (folder / "out.run").exists()


def test_what_is_refused_before_any_work(student: Values, folder: Path, teacher: Make) -> None:
    plain = {name: part for name, part in student.items() if name != "distillation"}
    _refused(plain, folder, RecipeError, r"the recipe names no teachers\. Add a table: \[distillation\]")
    _refused(student, folder, ModelError, "there is no model folder 'teacher'")
    teacher()
    _refused(student, folder, RecipeError, "there is no interrupted run to resume", resume=True)
    part = student["distillation"]

    def with_(**changes: Any) -> Values:
        return student | {"distillation": part | changes}

    strange = [{"model": "teacher", "sources": ["train.con"]}]
    _refused(with_(teachers=strange), folder, RecipeError, r"shall teach 'train\.con', and the data are train\.conll")
    _refused(with_(layers=["upos"]), folder, RecipeError, r"`distillation\.layers` has 'upos', and the model's")
    twice = ["teacher", {"model": "./teacher", "sources": ["train.conll"]}]
    _refused(with_(teachers=twice), folder, RecipeError, r"the teacher './teacher' is named twice\. Name it once")
    with pytest.raises(RecipeError, match=r"the value of 'layers' in table \[distillation\] is wrong"):
        run(with_(layers=[]), folder)
    _refused(with_(cache="raw.txt"), folder, OutputError, "raw.txt: the cache cannot be written: File exists")
    scoped = [{"model": "teacher", "sources": ["train.conll"]}]
    _refused(
        with_(teachers=scoped, unlabelled="raw.txt"), folder, RecipeError, "no teacher teaches the unlabelled data 'raw"
    )
    (folder / "empty.txt").write_text("\n", encoding="utf-8")
    _refused(with_(unlabelled="empty.txt"), folder, DataError, "holds no sentence")
    _refused(with_() | {"data": student["data"] | {"train": []}}, folder, RecipeError, "there is nothing to learn from")
    tags = {"train": "trees.conllu", "dev": "trees.conllu", "labels": "upos"}
    _refused(
        student | {"data": tags}, folder, RecipeError, "the teacher 'teacher' has the layers ner, and none of upos"
    )
    kinds = tags | {"labels": {"ner": {"kind": "tags"}}, "train": "train.conll", "dev": "train.conll"}
    _refused(student | {"data": kinds}, folder, RecipeError, "is of kind 'spans', the model's of kind 'tags'")
    bio = {"train": "train.conll", "dev": "train.conll", "labels": {"ner": {"kind": "spans", "scheme": "iob2"}}}
    _refused(student | {"data": bio}, folder, RecipeError, "has the scheme 'bioes', the model's is 'iob2'")
    spans = student | {"structure": {"kind": "segments"}}
    _refused(spans, folder, RecipeError, "labels words, and the model's structure 'segments' learns from")


def test_labels_and_objectives_that_do_not_fit(student: Values, folder: Path, teacher: Make) -> None:
    renamed = {"path": "train.conll", "types": {"PER": "person", "LOC": "place", "ORG": "firm"}}
    data = {"train": [renamed], "dev": [renamed], "labels": "ner"}
    teacher(data=data, structure={"kind": "segments"})
    _refused(student, folder, RecipeError, "the labels of layer 'ner' are LOC, ORG, PER in the data, and firm, person")
    spans = student | {"data": data, "structure": {"kind": "segments"}}
    spans["distillation"] = student["distillation"] | {"objective": "posterior"}
    _refused(spans, folder, StructureError, "cannot compare .*: the words of Segments have no posterior of their own")
    chain = student | {"data": data, "structure": {"kind": "linear-chain"}}
    told = (
        "the objective 'structural' cannot compare .* SpanParts say nothing.*; or choose another `objective` or `struct"
    )
    _refused(chain, folder, StructureError, told)
    bio = {**data, "labels": {"ner": {"kind": "spans", "scheme": "iob2"}}}
    _refused(student | {"data": bio}, folder, RecipeError, "whole spans, which are taught as BIOES labels, and the mod")


def test_targets_of_other_lessons_are_others(student: Values, folder: Path) -> None:
    def identity(*overrides: str, teachers: Sequence[str] = ("a", "b"), labels: Sequence[str] = ("LOC", "PER")) -> str:
        recipe = parse_recipe(student, overrides, folder=folder)
        return identity_of(recipe, Vocabularies(labels={"ner": list(labels)}), teachers, ["ner"])

    same = identity()
    assert identity("seed=9", "encoder.width=4", "distillation.tau=2") == same
    assert identity(teachers=["b", "a"]) == same
    others = {
        identity("distillation.objective=top-k"),
        identity("distillation.objective=top-k", "distillation.k=3"),
        identity("distillation.temperature=2"),
        identity("distillation.temperature_kind=local"),
        identity("structure.kind=linear-chain"),
        identity(teachers=["a"]),
        identity(labels=["LOC"]),
    }
    assert len(others - {same}) == 7
