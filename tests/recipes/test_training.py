"""train(): a model folder with all its parts, the same again from its own recipe, resumed to the same weights."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from syntagma.errors import DataError, OutputError, RecipeError, TrainingError
from syntagma.learning.progress import SilentProgress
from syntagma.recipes import load_recipe, parse_recipe
from syntagma.recipes.saved_model import load_model
from syntagma.recipes.training import train
from syntagma.text.document import Sentence, Token

Values = dict[str, Any]


class StopAt(SilentProgress):
    def __init__(self, epoch: int, step: int) -> None:
        self.place = (epoch, step)

    def step(self, epoch: int, done: int, steps: int, loss: float) -> None:
        if (epoch, done) == self.place:
            os.kill(os.getpid(), signal.SIGINT)


def weights(folder: Path) -> dict[str, list[float]]:
    return {name: tensor.tolist() for name, tensor in load_file(folder / "weights.safetensors").items()}


def test_a_run_leaves_a_whole_model_and_nothing_else(folder: Path, values: Values) -> None:
    result = train(
        parse_recipe(values, ["learning.epochs=25", "learning.learning_rate=0.03"], folder=folder), folder / "out"
    )
    assert {path.name for path in result.folder.iterdir()} == {
        "recipe.toml",
        "weights.safetensors",
        "vocabularies.json",
        "README.md",
        "manifest.json",
        "report.json",
        "report.html",
    }
    assert {path.name for path in folder.iterdir()} == {"train.conll", "out"}
    assert result.report.data_sets[0].layers[0].scores.micro.f1 > 0.9  # type: ignore[union-attr]
    assert json.loads((result.folder / "report.json").read_text())["name"] == "tiny"
    assert "`train.conll`" in (result.folder / "README.md").read_text()


def test_the_saved_recipe_makes_the_model_again(folder: Path, values: Values) -> None:
    first = train(parse_recipe(values, folder=folder), folder / "first").folder
    (folder / "copy.toml").write_bytes((first / "recipe.toml").read_bytes())
    second = train(load_recipe(folder / "copy.toml"), folder / "second").folder
    assert weights(first) == weights(second)


def test_a_loaded_model_says_what_the_trained_one_said(folder: Path, values: Values) -> None:
    result = train(parse_recipe(values, ["weights=float16"], folder=folder), folder / "out")
    _, tagger, _ = load_model(result.folder)
    assert all(parameter.dtype == torch.float32 for parameter in tagger.parameters())
    assert tagger.layers["ner"].scorer.emission.weight.half().float().equal(tagger.layers["ner"].scorer.emission.weight)
    sentence = Sentence([Token("Ann", 0, 3), Token("Lee", 4, 7)])
    tagger.annotate([sentence])
    _, again, _ = load_model(result.folder)
    other = Sentence([Token("Ann", 0, 3), Token("Lee", 4, 7)])
    again.annotate([other])
    assert sentence.spans == other.spans


def test_an_interrupted_run_resumes_to_the_same_weights(folder: Path, values: Values) -> None:
    whole = train(parse_recipe(values, folder=folder), folder / "whole").folder
    with pytest.raises(KeyboardInterrupt):
        train(parse_recipe(values, folder=folder), folder / "broken", progress=StopAt(2, 1))
    assert not (folder / "broken").exists()
    assert (folder / "broken.run" / "last").is_dir()
    resumed = train(parse_recipe(values, folder=folder), folder / "broken", resume=True).folder
    assert weights(resumed) == weights(whole)
    assert not (folder / "broken.run").exists()


def test_resuming_something_else_is_refused(folder: Path, values: Values) -> None:
    with pytest.raises(RecipeError, match="no interrupted run to resume"):
        train(parse_recipe(values, folder=folder), folder / "out", resume=True)
    with pytest.raises(KeyboardInterrupt):
        train(parse_recipe(values, folder=folder), folder / "out", progress=StopAt(1, 1))
    with pytest.raises(RecipeError, match="the recipe changed since"):
        train(parse_recipe(values, ["seed=2"], folder=folder), folder / "out", resume=True)
    with (folder / "train.conll").open("a") as stream:
        stream.write("More\tO\n\n")
    with pytest.raises(RecipeError, match="the data changed since"):
        train(parse_recipe(values, folder=folder), folder / "out", resume=True)


def test_what_cannot_be_built_costs_no_earlier_run(folder: Path, values: Values) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(parse_recipe(values, folder=folder), folder / "out", progress=StopAt(1, 1))
    (folder / "cut.vec").write_text("9 2\nAnn 1 2\n")
    cut = 'encoder={kind="word-vectors", file="cut.vec"}'
    for output in ("out", "other"):
        with pytest.raises(DataError, match=r"cut\.vec"):
            train(parse_recipe(values, [cut], folder=folder), folder / output)
    assert (folder / "out.run" / "last").is_dir()
    assert not (folder / "other.run").exists()


def test_data_that_cannot_be_learned_from(folder: Path, values: Values) -> None:
    for override, error, message in [
        ("data.train=gone.conll", DataError, r"gone\.conll"),
        ('data.train=[{path="train.conll", types={PER="PER"}}]', DataError, "type"),
    ]:
        with pytest.raises(error, match=message):
            train(parse_recipe(values, [override], folder=folder), folder / "out")
    (folder / "plain.conll").write_text("Rain\tO\n\n")
    with pytest.raises((DataError, TrainingError), match="ner"):
        train(parse_recipe(values, ["data.train=plain.conll"], folder=folder), folder / "out")


def test_epochs_are_chosen_by_a_layer_that_the_dev_data_have(folder: Path, values: Values) -> None:
    with pytest.raises(RecipeError, match=r"`learning\.select` is 'upos', and the layers are ner"):
        parse_recipe(values, ["learning.select=upos"], folder=folder)
    (folder / "both.conll").write_text("Ann\tN\tB-PER\n\n")
    both = 'data.train=[{path="both.conll", columns=["word", "upos", "ner"]}]'
    dev = 'data.dev=[{path="train.conll", columns=["word", "ner"]}]'
    options = ['data.labels=["upos", "ner"]', both, dev, "learning.select=upos"]
    with pytest.raises(DataError, match="no dev sentence is annotated in the layer 'upos', by which the epoch"):
        train(parse_recipe(values, options, folder=folder), folder / "out")
    assert not (folder / "out.run").exists()


def test_a_full_disk_leaves_the_old_model(folder: Path, values: Values, tight_disk: Any) -> None:
    old = train(parse_recipe(values, folder=folder), folder / "out").folder
    before = weights(old)
    with tight_disk(1000), pytest.raises(OutputError, match=r"could not be written: .*(File too large|os error 27)"):
        train(parse_recipe(values, ["seed=2"], folder=folder), folder / "out")
    assert weights(old) == before
    assert not [path for path in folder.rglob("*") if path.name.endswith((".part", ".old"))]


def test_a_run_of_a_version_that_knew_fewer_keys_goes_on(folder: Path, values: Values) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(parse_recipe(values, folder=folder), folder / "out", progress=StopAt(1, 1))
    identity = json.loads((folder / "out.run" / "run.json").read_text())
    del identity["recipe"]["distillation"], identity["recipe"]["learning"]["clip"]
    (folder / "out.run" / "run.json").write_text(json.dumps(identity))
    train(parse_recipe(values, folder=folder), folder / "out", resume=True)
    assert (folder / "out" / "manifest.json").is_file()
