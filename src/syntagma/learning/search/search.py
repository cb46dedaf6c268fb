"""The search: episodes of training with one combination each, weights shared between them, resumable at any step.

Wang et al. 2021 (ACE), arXiv 2010.05006: an episode begins with the weights that the last epoch of the episode before
left and with a new optimizer; the best weights of all epochs are kept.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from safetensors.torch import load_file
from torch import nn

from syntagma.atomic import make_folder, replace_file, replace_folder
from syntagma.errors import ModelError, RecipeError
from syntagma.learning.checkpoints import load_weights
from syntagma.learning.progress import Forwarded
from syntagma.learning.search.controller import Combination
from syntagma.learning.search.episode import Episode, best_of
from syntagma.learning.search.progress import SearchProgress, SilentSearchProgress
from syntagma.learning.search.strategies import Strategy
from syntagma.learning.trainer import BEST, LAST, WEIGHTS, Trainer

STATE = "search.json"


@dataclass
class Search:
    """Looks for the combination of encoders with the best dev score.

    It knows of the model only that `choose` sets which candidates take part, and that `trainer(episode, folder)` gives
    a trainer of it for the epochs of one episode; so taggers and parsers are searched alike.
    """

    model: nn.Module
    choose: Callable[[Combination], None]
    strategy: Strategy
    trainer: Callable[[int, Path], Trainer[Any]]
    folder: Path
    """Where the episodes, the best weights and the state are kept."""
    identity: Mapping[str, str] = field(default_factory=dict)
    """What must not change between interruption and resumption, by what it is called."""
    progress: SearchProgress = field(default_factory=SilentSearchProgress)

    def run(self, *, resume: bool = False) -> list[Episode]:
        """Run all episodes; with `resume` go on where it stopped. The model ends with the best weights and combination.

        Raises:
            RecipeError: with `resume`, something of the identity has changed.
            KeyboardInterrupt: the user stopped the search; it can be resumed.
        """
        self._episodes = self._taken_up() if resume else self._anew()
        if self._episodes:
            load_weights(self._place(len(self._episodes)) / LAST, self.model)
        self._write()
        with self.progress:
            while len(self._episodes) < self.strategy.budget.episodes:
                self._one_episode(len(self._episodes) + 1)
        self.model.load_state_dict(load_file(self.folder / BEST / WEIGHTS))
        self.model.eval()
        return self._episodes

    def check(self) -> None:
        """Make sure, before any work, that what was interrupted can be taken up.

        Raises:
            RecipeError: something of the identity has changed.
            ModelError: the state is damaged.
        """
        self._state()

    def _one_episode(self, number: int) -> None:
        combination = self.strategy.propose()
        self.choose(combination)
        self.progress.begin(number, combination, self.strategy.beliefs, best_of(self._episodes))
        trainer = self.trainer(number, self._place(number))
        trainer.progress = Forwarded(self.progress)
        history = trainer.run(resume=True)
        best = history.best
        assert best is not None
        self.strategy.observe(combination, 100 * best.score)
        episode = Episode(number, combination, 100 * best.score, tuple(history.epochs), self.strategy.beliefs)
        self._close(episode)
        load_weights(self._place(number) / LAST, self.model)

    def _close(self, episode: Episode) -> None:
        """Keep the weights if they are the best, then the record; what a crash between the two leaves is done again."""
        is_best = best_of([*self._episodes, episode]) is episode
        if is_best:
            with replace_folder(self.folder / BEST) as fresh:
                shutil.copytree(self._place(episode.number) / BEST, fresh, dirs_exist_ok=True)
        self._episodes.append(episode)
        self._write()
        shutil.rmtree(self._place(episode.number - 1), ignore_errors=True)
        self.progress.end(episode, is_best=is_best)

    def _place(self, number: int) -> Path:
        return self.folder / f"episode-{number}"

    def _write(self) -> None:
        state = {"identity": dict(self.identity), "episodes": [asdict(episode) for episode in self._episodes]}
        with replace_file(self.folder / STATE) as stream:
            json.dump(state, stream)

    def _anew(self) -> list[Episode]:
        make_folder(self.folder)
        for left in self.folder.glob("episode-*"):
            shutil.rmtree(left)
        return []

    def _taken_up(self) -> list[Episode]:
        """The episodes so far; the strategy sees them again, and comes to where it was."""
        episodes = self._state()
        for episode in episodes:
            if self.strategy.propose() != episode.combination:
                raise _unfit(self.folder / STATE)
            self.strategy.observe(episode.combination, episode.score)
        return episodes

    def _state(self) -> list[Episode]:
        """The episodes that were noted by a search of the same identity; none where none was begun."""
        path = self.folder / STATE
        if not path.exists():
            return []
        try:
            state = json.loads(path.read_bytes())
            episodes = TypeAdapter(list[Episode]).validate_python(state["episodes"])
            before = dict(state["identity"])
        except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
            raise _unfit(path) from error
        changed = [name for name in {**before, **self.identity} if before.get(name) != self.identity.get(name)]
        if changed:
            raise RecipeError(
                f"{changed[0]} changed since the search was interrupted",
                where=str(self.folder),
                fix="Undo the change, or begin anew without --resume",
            )
        return episodes


def _unfit(path: Path) -> ModelError:
    return ModelError("the state of the search cannot be taken up", where=str(path), fix="Start anew without --resume")
