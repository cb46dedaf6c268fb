"""search(): the best candidates in a model that never heard of the others; resumed; and what is refused in time."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from syntagma.encoders.cache import filling
from syntagma.errors import ModelError, OutputError, RecipeError
from syntagma.learning.progress import Progress
from syntagma.learning.search.progress import SilentSearchProgress
from syntagma.learning.search.strategies import Budget
from syntagma.recipes import parse_recipe, parse_run
from syntagma.recipes.candidates import without_dropped
from syntagma.recipes.character_lm import CharacterLMRecipe
from syntagma.recipes.character_lm_training import train_character_lm
from syntagma.recipes.saved_model import load_model
from syntagma.recipes.searched_model import SearchedModel, SearchResult
from syntagma.recipes.searching import search
from syntagma.recipes.training import read_sets, train
from syntagma.text.document import Sentence, Token

Values = dict[str, Any]
STRATEGIES = ["ace", "random", "all", "greedy", "exhaustive"]


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
def several(values: Values, folder: Path, character_lm: Path) -> Values:
    """A recipe with four candidates, one of them frozen."""
    shutil.copytree(character_lm, folder / "lm")
    members = values["encoder"]["of"]["members"]
    members += [{"kind": "character-lm", "model": "lm"}, {"kind": "one-hot", "width": 5}]
    values["search"] = {"episodes": 3, "epochs": 1, "first_epochs": 1, "cache": "cache"}
    return values


def run(values: Values, folder: Path, *overrides: str, to: str = "out", **options: Any) -> SearchResult:
    return search(parse_recipe(values, overrides, folder=folder), folder / to, **options)


class Told(SilentSearchProgress):
    """Remembers what it was told; optionally sends the signal of Ctrl-C in an episode or in the training anew."""

    def __init__(self, stop: tuple[int, int] | None = None, stop_anew: int | None = None) -> None:
        self.stop, self.now, self.stop_anew = stop, 0, stop_anew
        self.cached: list[str] = []
        self.retrained: list[str] = []

    def begin(self, number: int, *told: Any) -> None:
        self.now = number

    def caching(self, name: str, done: int, total: int) -> None:
        self.cached.append(name)

    def retraining(self, names: Sequence[str]) -> Progress:
        self.retrained = list(names)
        return self

    def step(self, epoch: int, done: int, steps: int, loss: float) -> None:
        if (self.now, done) == self.stop or (self.retrained and epoch == self.stop_anew):
            os.kill(os.getpid(), signal.SIGINT)


def weights(folder: Path) -> dict[str, list[float]]:
    return {name: tensor.tolist() for name, tensor in load_file(folder / "weights.safetensors").items()}


def scores(result: SearchResult) -> list[tuple[Any, ...]]:
    return [(one.combination, one.score, one.beliefs) for one in result.search.episodes]


def test_a_search_leaves_a_whole_model_and_its_reports(several: Values, folder: Path) -> None:
    result = run(several, folder)
    assert "temperature of ner" in result.report.facts
    assert {path.name for path in result.folder.iterdir()} == {
        "recipe.toml",
        "weights.safetensors",
        "vocabularies.json",
        "README.md",
        "manifest.json",
        "report.json",
        "report.html",
        "search.json",
        "search.html",
        "search.toml",
    }
    assert {path.name for path in folder.iterdir()} == {"train.conll", "lm", "out", "cache"}
    told = json.loads((result.folder / "search.json").read_text())
    assert [one["name"] for one in told["candidates"]] == ["hashed", "characters", "character-lm", "one-hot"]
    assert told["candidates"][2]["words"] > 0
    assert told["candidates"][2]["bytes"] > 12 * 2 * told["candidates"][2]["words"]
    assert told["chosen"] == result.search.chosen
    card = (result.folder / "README.md").read_text()
    assert "`syntagma search` with the `search.toml` in this folder: strategy `ace`, 3 episodes" in card
    assert result.report.data_sets[0].name == "dev"


@pytest.mark.parametrize(("strategy", "epochs"), [("random", [3, 1, 1]), ("all", [5])])
def test_the_first_episode_may_be_longer(several: Values, folder: Path, strategy: str, epochs: list[int]) -> None:
    result = run(several, folder, f"search.strategy={strategy}", "search.first_epochs=3")
    assert [len(episode.epochs) for episode in result.search.episodes] == epochs
    assert result.search.episodes[0].combination == (True,) * 4


class Only:
    """A strategy that has made up its mind."""

    beliefs: tuple[float, ...] = ()

    def __init__(self, *combination: bool) -> None:
        from syntagma.learning.search.strategies import Budget

        self.budget, self.combination = Budget(2, 2), combination

    def propose(self) -> tuple[bool, ...]:
        return self.combination

    def observe(self, combination: tuple[bool, ...], score: float) -> None:
        """It will not listen."""


@pytest.mark.parametrize("kept", [(True, False, False, True), (False, True, True, False), (False, False, True, False)])
def test_the_model_never_heard_of_what_was_dropped(
    several: Values, folder: Path, kept: tuple[bool, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syntagma.recipes.searching.build_strategy", lambda *told: Only(*kept))
    result = run(several, folder, "learning.learning_rate=0.05", "learning.calibrate=false")
    shutil.rmtree(folder / "lm")  # neither a dropped encoder nor a kept one is read again
    shutil.rmtree(folder / "cache")
    recipe, tagger, vocabularies = load_model(result.folder)
    names = [name for name, one in zip(["hashed", "characters", "character-lm", "one-hot"], kept, strict=True) if one]
    assert recipe.search is None
    assert [member.name for member in recipe.encoder.of.members] == names  # type: ignore[union-attr]
    assert set(vocabularies.words) == ({"one-hot"} & set(names))
    assert set(vocabularies.character_lms) == ({"character-lm"} & set(names))
    text = (result.folder / "weights.safetensors").read_bytes()[:5000] + (result.folder / "recipe.toml").read_bytes()
    dropped = {"hashed", "characters", "character-lm", "one-hot"} - set(names)
    assert not [name for name in dropped if f"members.{name}.".encode() in text or f'"{name}"'.encode() in text]
    # what the search measured with cached vectors in half precision is what the loaded model does
    assert result.report.data_sets[0].layers[0].scores.micro.f1 == pytest.approx(  # type: ignore[union-attr]
        result.search.best.score / 100, abs=0.05
    )
    sentence = Sentence([Token("Ann", 0, 3), Token("Lee", 4, 7)])
    tagger.annotate([sentence])
    assert "ner" in sentence.spans


LINEAR = ["softmax", "vanilla", "two-bilinear", "three-bilinear", "trilinear", "decomposed-trilinear"]


@pytest.mark.parametrize("scorer", LINEAR)
def test_a_concatenation_under_the_scorer_is_searched_too(values: Values, folder: Path, scorer: str) -> None:
    values["encoder"] = {
        "kind": "concatenation",
        "members": [{"kind": "hashed", "width": 8}, {"kind": "one-hot", "width": 5}, {"kind": "bytes", "hidden": 3}],
    }
    values["scorer"] = {"kind": scorer}
    values["structure"] = {"kind": "independent" if scorer == "softmax" else "linear-chain"}
    recipe = parse_recipe(values, folder=folder)
    model = SearchedModel(recipe, read_sets(recipe))
    for combination, names in [((True, False, True), ["hashed", "bytes"]), ((False, True, False), ["one-hot"])]:
        model.concatenation.set_mask(combination)
        fewer = without_dropped(recipe, names)
        weights = model.tagger.state_dict()
        smaller = model.smaller(fewer, model.vocabularies.narrowed(fewer.encoder), weights, combination)
        sentences = model.sets.train
        with torch.no_grad():
            whole, parts = (one.eval().double().distributions(sentences)["ner"] for one in (model.tagger, smaller))
        torch.testing.assert_close(parts.log_partition(), whole.log_partition(), atol=1e-6, rtol=0)


def test_of_the_found_candidates_a_model_can_be_trained_anew(several: Values, folder: Path) -> None:
    several["learning"]["epochs"] = 4
    found = run(several, folder, to="found")
    told = Told()
    anew = run(several, folder, "search.final=retrained", to="anew", progress=lambda *of: told)
    assert scores(anew) == scores(found)
    assert told.retrained == anew.search.chosen == found.search.chosen
    assert len(anew.report.epochs) == 4  # of the recipe's learning, not of the episodes
    assert weights(anew.folder) != weights(found.folder)
    assert "it was trained from that anew after the search" in (anew.folder / "README.md").read_text()
    assert anew.search.facts["minutes of training anew"] >= 0  # type: ignore[operator]
    # an ordinary training of the saved recipe, which runs the encoders in full, ends close by
    recipe = load_model(anew.folder)[0]
    assert recipe.search is None
    trained = train(recipe.located(folder), folder / "trained")
    assert [epoch.loss for epoch in trained.report.epochs] == pytest.approx(
        [epoch.loss for epoch in anew.report.epochs], rel=1e-2
    )


def test_a_training_anew_is_resumed(several: Values, folder: Path) -> None:
    several["learning"]["epochs"] = 4
    several["search"] |= {"final": "retrained"}
    whole = run(several, folder, to="whole")
    told = Told(stop_anew=3)
    with pytest.raises(KeyboardInterrupt):
        run(several, folder, to="broken", progress=lambda *of: told)
    resumed = run(several, folder, to="broken", resume=True)
    assert weights(resumed.folder) == weights(whole.folder)
    assert not (folder / "broken.run").exists()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_has_the_same_budget(several: Values, folder: Path, strategy: str) -> None:
    del several["encoder"]["of"]["members"][2:]
    result = run(several, folder, f"search.strategy={strategy}", "search.epochs=2", "search.first_epochs=2")
    assert sum(len(episode.epochs) for episode in result.search.episodes) == 6
    assert result.search.strategy == strategy


@pytest.mark.parametrize("stop", [(1, 1), (2, 2), (3, 3)])
def test_an_interrupted_search_ends_as_if_it_had_not_been(several: Values, folder: Path, stop: tuple[int, int]) -> None:
    whole = run(several, folder, to="whole")
    told = Told(stop)
    with pytest.raises(KeyboardInterrupt):
        run(several, folder, to="broken", progress=lambda *of: told)
    assert not (folder / "broken").exists()
    torch.manual_seed(9)
    resumed = run(several, folder, to="broken", resume=True)
    assert scores(resumed) == scores(whole)
    assert weights(resumed.folder) == weights(whole.folder)
    assert not (folder / "broken.run").exists()


def test_every_episode_has_an_order_of_its_own(several: Values, folder: Path) -> None:
    recipe = parse_recipe(several, ["learning.batch_words=10"], folder=folder)
    make = SearchedModel(recipe, read_sets(recipe)).trainer(Budget(3, 1))
    orders = [make(number, folder / "none").batches.epoch(1) for number in (1, 2, 1)]
    assert orders[0] == orders[2] != orders[1]


def test_vectors_are_computed_once_for_all_searches(several: Values, folder: Path) -> None:
    first, second, changed = Told(), Told(), Told()
    run(several, folder, progress=lambda *of: first)
    run(several, folder, "seed=2", progress=lambda *of: second)
    assert set(first.cached) == {"character-lm"}
    assert second.cached == []
    with (folder / "train.conll").open("a") as stream:
        stream.write("Rain\tO\nagain\tO\n\n")
    run(several, folder, progress=lambda *of: changed)
    assert set(changed.cached) == {"character-lm"}


def test_resuming_with_something_changed_is_refused(several: Values, folder: Path) -> None:
    with pytest.raises(RecipeError, match="no interrupted run to resume"):
        run(several, folder, resume=True)
    with pytest.raises(KeyboardInterrupt):
        run(several, folder, progress=lambda *of: Told((2, 1)))
    with pytest.raises(RecipeError, match="the recipe changed since"):
        run(several, folder, "search.strategy=random", resume=True)
    before = (folder / "train.conll").read_text()
    (folder / "train.conll").write_text(before + "More\tO\n\n")
    with pytest.raises(RecipeError, match="the data changed since"):
        run(several, folder, resume=True)
    (folder / "train.conll").write_text(before)
    run(several, folder, resume=True)


def test_a_changed_encoder_is_told_before_vectors_are_computed_for_nothing(several: Values, folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(several, folder, progress=lambda *of: Told((2, 1)))
    state = folder / "out.run" / "search.json"
    state.write_text(state.read_text().replace("the encoder 'character-lm'\": \"", "the encoder 'character-lm'\": \"x"))
    shutil.rmtree(folder / "cache")
    told = Told()
    with pytest.raises(RecipeError, match=r"the encoder 'character-lm' changed since the search was interrupted"):
        run(several, folder, progress=lambda *of: told, resume=True)
    assert told.cached == []


def broken(several: Values, change: str) -> Values:
    values = deepcopy(several)
    members = values["encoder"]["of"]["members"]
    if change == "repeats":
        members.append({"kind": "hashed", "name": "again", "width": 8})
    elif change == "same name":
        members.append({"kind": "hashed", "width": 9})
    elif change == "cannot load":
        members.append({"kind": "character-lm", "name": "gone", "model": "nowhere"})
    elif change == "one":
        del members[1:]
    elif change == "no network":
        values["encoder"] = values["encoder"]["of"]
        values["scorer"] = {"kind": "decomposed-quadrilinear"}
    elif change == "full":
        values["search"] |= {"cache": "other", "cache_gigabytes": 1e-9}
    elif change == "read-only":
        values["search"]["cache"] = "train.conll/cache"
    elif change == "width":
        values["encoder"] = {"kind": "convolution", "width": 20, "of": values["encoder"]["of"]}
    elif change == "exhaustive":
        values["search"]["strategy"] = "exhaustive"
    return values


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("repeats", "the candidates 'hashed' and 'again' are the same encoder. Leave out one of them"),
        ("same name", "two members are called 'hashed'"),
        ("cannot load", "nowhere"),
        ("one", "a search needs an encoder that reads a concatenation of at least 2 members"),
        ("no network", "the scorer 'decomposed-quadrilinear' of layer 'ner' cannot stand directly over the candidates"),
        ("full", "the cache would grow to 0.00 MB, and its limit is 0.00 MB"),
        ("read-only", "the cache cannot be written: Not a directory"),
        ("width", "some candidates together are 20 wide, as the convolution over them is"),
        ("exhaustive", "4 candidates have 15 combinations, and the budget is 3 epochs"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_earlier_work_is_lost(
    several: Values, folder: Path, change: str, message: str
) -> None:
    earlier = folder / "out.run" / "search.json"
    earlier.parent.mkdir()
    earlier.write_text("of an interrupted search")
    with pytest.raises((RecipeError, ModelError, OutputError), match=message.replace("(", r"\(")):
        run(broken(several, change), folder)
    assert earlier.exists()


def test_an_interrupted_filling_of_the_cache_is_taken_up(
    several: Values, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "SHARD_BYTES", 1)
    monkeypatch.setattr(filling, "BATCH_WORDS", 4)

    class Stop(Told):
        def caching(self, name: str, done: int, total: int) -> None:
            super().caching(name, done, total)
            if len(self.cached) == 2:
                raise KeyboardInterrupt

    stopped, resumed = Stop(), Told()
    with pytest.raises(KeyboardInterrupt):
        run(several, folder, progress=lambda *of: stopped)
    run(several, folder, progress=lambda *of: resumed, resume=True)
    assert len(stopped.cached) + len(resumed.cached) <= 5
