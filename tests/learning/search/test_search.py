"""The search: weights shared between episodes, the best kept, masked encoders never run, resumable to the same end."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from syntagma.errors import ModelError, RecipeError
from syntagma.learning.search.controller import Combination
from syntagma.learning.search.episode import Episode
from syntagma.learning.search.progress import SilentSearchProgress
from syntagma.learning.search.search import Search
from syntagma.learning.search.strategies import Budget, Together

from .conftest import VIEWS, Model, Numbers, make_search


class Scripted:
    """Proposes what it is told to."""

    beliefs: tuple[float, ...] = ()

    def __init__(self, *combinations: Combination) -> None:
        self.budget = Budget(len(combinations), 2)
        self._next = iter(combinations)
        self.observed: list[float] = []

    def propose(self) -> Combination:
        return next(self._next)

    def observe(self, combination: Combination, score: float) -> None:
        self.observed.append(score)


class StopAt(SilentSearchProgress):
    """Sends the process the signal of Ctrl-C at a step of an episode."""

    def __init__(self, episode: int, epoch: int, step: int) -> None:
        self.place, self.now = (episode, epoch, step), 0

    def begin(self, number: int, *told: Any) -> None:
        self.now = number

    def step(self, epoch: int, done: int, steps: int, loss: float) -> None:
        if (self.now, epoch, done) == self.place:
            os.kill(os.getpid(), signal.SIGINT)


def weights(search: Search) -> list[float]:
    return [value for tensor in search.model.state_dict().values() for value in tensor.flatten().tolist()]


def told(episodes: list[Episode]) -> list[tuple[Any, ...]]:
    return [(one.number, one.combination, one.score, one.beliefs, [e.loss for e in one.epochs]) for one in episodes]


def test_a_search_ends_with_the_best_weights_and_combination(tmp_path: Path) -> None:
    search = make_search(tmp_path)
    episodes = search.run()
    assert [episode.number for episode in episodes] == [1, 2, 3, 4]
    assert episodes[0].combination == (True, True, True)
    assert episodes[0].beliefs == (0.5, 0.5, 0.5)
    assert len({episode.combination for episode in episodes}) > 1
    best = max(episodes, key=lambda episode: (episode.score, episode.number))
    assert isinstance(search.model, Model)
    assert tuple(search.model.concatenation.mask.tolist()) == best.combination
    assert all(len(episode.epochs) == 2 for episode in episodes)
    assert {path.name for path in tmp_path.iterdir()} == {"best", "search.json", "episode-4"}


def test_a_masked_encoder_is_never_run_nor_changed(tmp_path: Path) -> None:
    search = make_search(tmp_path, strategy=Scripted((True, False, True), (False, False, True)))
    assert isinstance(search.model, Model)
    lengths, noise = (search.model.concatenation.members[name] for name in ("lengths", "noise"))
    assert isinstance(noise, Numbers)
    assert isinstance(lengths, Numbers)
    before = noise.scale.clone()
    search.run()
    assert noise.runs == 0
    assert torch.equal(noise.scale, before)
    assert lengths.runs > 0


def test_episodes_go_on_from_the_last_weights_not_the_best(tmp_path: Path) -> None:
    strategy = Scripted(*[(True, True, True)] * 2)
    search = make_search(tmp_path, strategy=strategy)
    scores = iter([0.9, 0.1, 0.5, 0.6])
    kept: list[list[float]] = []
    inner = search.trainer

    def trainer(number: int, place: Path) -> Any:
        made = inner(number, place)
        kept.append(weights(search))  # what the episode begins with

        def evaluate() -> dict[str, float]:
            kept.append(weights(search))
            return {"score": next(scores)}

        made.evaluate = evaluate
        return made

    search.trainer = trainer
    episodes = search.run()
    _, first, last, begun, *_ = kept
    assert begun == last != first
    assert [episode.score for episode in episodes] == pytest.approx([90.0, 60.0])
    assert strategy.observed == pytest.approx([90.0, 60.0])
    assert weights(search) == first


@pytest.mark.parametrize("place", [(1, 1, 1), (2, 2, 1), (3, 1, 3), (4, 2, 3)])
def test_an_interrupted_search_ends_as_if_it_had_not_been(tmp_path: Path, place: tuple[int, int, int]) -> None:
    whole = make_search(tmp_path / "whole")
    expected = whole.run()
    broken = make_search(tmp_path / "broken", progress=StopAt(*place))
    with pytest.raises(KeyboardInterrupt):
        broken.run()
    torch.manual_seed(99)
    resumed = make_search(tmp_path / "broken")
    torch.manual_seed(98)
    assert told(resumed.run(resume=True)) == told(expected)
    assert weights(resumed) == weights(whole)


def test_a_finished_search_is_only_read_again(tmp_path: Path) -> None:
    done = make_search(tmp_path)
    expected = told(done.run())
    again = make_search(tmp_path)
    assert told(again.run(resume=True)) == expected
    assert weights(again) == weights(done)


def test_resuming_another_search_is_refused(tmp_path: Path) -> None:
    make_search(tmp_path, identity={"the encoder 'noise'": "1", "the data": "2"}).run()
    with pytest.raises(RecipeError, match="the encoder 'noise' changed since the search was interrupted"):
        make_search(tmp_path, identity={"the encoder 'noise'": "0", "the data": "2"}).run(resume=True)
    with pytest.raises(ModelError, match="cannot be taken up"):
        make_search(
            tmp_path,
            identity={"the encoder 'noise'": "1", "the data": "2"},
            strategy=Scripted((True, False, True), (True, True, True)),
        ).run(resume=True)
    (tmp_path / "search.json").write_text(json.dumps({"episodes": [1]}))
    with pytest.raises(ModelError, match="cannot be taken up"):
        make_search(tmp_path).run(resume=True)


def test_all_together_is_one_long_episode(tmp_path: Path) -> None:
    (episode,) = make_search(tmp_path, strategy=Together(3, Budget(3, 2))).run()
    assert len(episode.epochs) == 6
    assert len(VIEWS) == 6
