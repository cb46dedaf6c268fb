"""The model that a search trains: all candidates in one, masked, the dear ones cached; and what is saved of it."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import tomli_w
from torch import Tensor

from syntagma.encoders.encoder import Encoder
from syntagma.learning.history import Epoch, History
from syntagma.learning.progress import SilentProgress
from syntagma.learning.report import Report, render_html
from syntagma.learning.search.controller import Combination
from syntagma.learning.search.episode import Episode, best_of
from syntagma.learning.search.progress import SearchProgress
from syntagma.learning.search.report import Candidate, SearchReport
from syntagma.learning.search.shrinking import kept_columns, shrunk
from syntagma.learning.search.strategies import Budget
from syntagma.learning.search.web_page import render_search
from syntagma.learning.temperature import calibrate
from syntagma.learning.trainer import Trainer
from syntagma.models import Tagger
from syntagma.recipes.building import Materials, build_tagger
from syntagma.recipes.candidates import candidates_of, check_widths, without_dropped
from syntagma.recipes.frozen_vectors import FrozenVectors
from syntagma.recipes.learnable_trees import check_trees
from syntagma.recipes.model_card import model_card
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.retraining import retrained
from syntagma.recipes.saved_model import as_stored, save_model
from syntagma.recipes.search import Search as SearchPart
from syntagma.recipes.standing_in import concatenation_of, stand_in
from syntagma.recipes.training import Sets, new_tagger, tagger_report, tagger_trainer
from syntagma.recipes.vocabularies import Vocabularies
from syntagma.text.document import Sentence
from syntagma.text.view import view_of

FINAL = "final"


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A finished search: the model's folder, its scores, and how it was found."""

    folder: Path
    report: Report
    search: SearchReport


class SearchedModel:
    """The model with all candidates, those that are frozen and dear replaced by their cached vectors."""

    def __init__(self, recipe: Recipe, sets: Sets) -> None:
        self.recipe, self.sets = recipe, sets
        self.settings = recipe.search or SearchPart()
        self.parts = candidates_of(recipe)
        self.vocabularies = Vocabularies.collect(sets.train, recipe)
        self.tagger = new_tagger(recipe, self.vocabularies, begun=False)
        check_trees(self.tagger, sets.train)
        self.concatenation = concatenation_of(self.tagger)
        members: Mapping[str, Encoder] = dict(self.concatenation.members.items())  # type: ignore[arg-type]
        self.widths = [members[part.name].width for part in self.parts]
        check_widths(recipe.encoder, self.widths)
        self.parameters = {name: sum(p.numel() for p in member.parameters()) for name, member in members.items()}
        self.frozen = FrozenVectors(self.settings, recipe.folder, members)
        views = [view_of(sentence) for sentence in chain(sets.train, sets.dev, *sets.test.values())]
        self.views = dict.fromkeys(members, views)

    def check_room(self) -> None:
        """Raises OutputError if the cache could not take the vectors of all candidates."""
        self.frozen.check_room(self.views)

    def fill(self, progress: SearchProgress) -> None:
        """Compute what the cache lacks, and put the cached vectors in the encoders' places."""
        self.frozen.fill(self.views, progress)
        stand_in(self.frozen.cached, self.tagger)
        self.frozen.encoders.clear()  # nobody runs them again, and they are large

    def trainer(self, budget: Budget) -> Callable[[int, Path], Trainer[Sentence]]:
        """Makes the trainer of an episode: the budget's epochs, whatever the scores, in an order of its own."""

        def make(number: int, folder: Path) -> Trainer[Sentence]:
            epochs = budget.of(number)
            changes = {"epochs": epochs, "patience": epochs, "schedule_epochs": None}
            learning = self.recipe.learning.model_copy(update=changes)
            seed = self.recipe.seed + 10_007 * number
            recipe = self.recipe.model_copy(update={"learning": learning, "seed": seed})
            return tagger_trainer(recipe, self.tagger, self.sets, folder, SilentProgress())

        return make

    def save(self, episodes: list[Episode], output: Path, folder: Path, progress: SearchProgress) -> SearchResult:
        """Make the model without what was dropped, measure it as it will be loaded, and write it with both reports.

        `folder` is the run's, in which a training anew keeps its checkpoints.
        """
        best = best_of(episodes)
        assert best is not None
        chosen = [part.name for part, kept in zip(self.parts, best.combination, strict=True) if kept]
        recipe = without_dropped(self.recipe, chosen)
        vocabularies = self.vocabularies.narrowed(recipe.encoder)
        if self.settings.final == "retrained":
            shown = progress.retraining(chosen)
            weights, history = retrained(recipe, vocabularies, self.sets, self.frozen.cached, folder / FINAL, shown)
        else:
            weights, history = self.tagger.cpu().state_dict(), History(_in_a_row(episodes))
        tagger = self.smaller(recipe, vocabularies, weights, best.combination)
        report = self._measured(recipe, tagger, history)
        found = SearchReport(
            self.recipe.name, self.settings.strategy, self._candidates(), episodes, self._facts(episodes, history)
        )
        save_model(
            output,
            recipe,
            tagger,
            vocabularies,
            card=model_card(recipe, report, made=_made(found, self.settings.final)),
            reports={
                "report.json": report.to_json(),
                "report.html": render_html(report),
                "search.json": found.to_json(),
                "search.html": render_search(found),
                "search.toml": tomli_w.dumps(self.recipe.model_dump(mode="json", exclude_none=True)),
            },
        )
        return SearchResult(output, report, found)

    def smaller(
        self, recipe: Recipe, vocabularies: Vocabularies, weights: Mapping[str, Tensor], combination: Combination
    ) -> Tagger:
        """The tagger of a recipe without the others than this combination, with weights of all or of these."""
        tagger = build_tagger(recipe, Materials(vocabularies, folder=recipe.folder))
        tagger.load_state_dict(shrunk(weights, tagger.state_dict(), kept_columns(self.widths, combination)))
        return tagger

    def _measured(self, recipe: Recipe, tagger: Tagger, history: History) -> Report:
        """With cached vectors: the encoders in full would take longer than many an episode, to say the same."""
        tagger.eval()
        replaced = stand_in(self.frozen.cached, tagger)
        temperatures = calibrate(tagger, self.sets.dev) if recipe.learning.calibrate else {}
        as_stored(tagger, recipe.weights)
        report = tagger_report(recipe, tagger, self.sets, history, temperatures)
        stand_in(replaced, tagger)
        return replace(report, facts={**report.facts, "parameters": sum(p.numel() for p in tagger.parameters())})

    def _candidates(self) -> list[Candidate]:
        found = []
        for part, width in zip(self.parts, self.widths, strict=True):
            cached = self.frozen.cached.get(part.name)
            files = cached.store.files if cached else None
            kept = (files.rows, files.bytes, files.seconds) if files else (0, 0, 0.0)
            found.append(Candidate(part.name, part.kind, width, self.parameters[part.name], files is not None, *kept))
        return found

    def _facts(self, episodes: list[Episode], history: History) -> dict[str, str | int | float]:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
        facts: dict[str, str | int | float] = {
            "seed": self.recipe.seed,
            "epochs": sum(len(episode.epochs) for episode in episodes),
            "minutes of training": round(sum(episode.seconds for episode in episodes) / 60, 2),
            "peak memory, MB": round(peak),
        }
        if self.settings.final == "retrained":
            facts["minutes of training anew"] = round(sum(epoch.seconds for epoch in history.epochs) / 60, 2)
        return facts


def _in_a_row(episodes: Sequence[Episode]) -> list[Epoch]:
    """The epochs of all episodes, numbered through."""
    epochs = [epoch for episode in episodes for epoch in episode.epochs]
    return [replace(one, number=number) for number, one in enumerate(epochs, start=1)]


def _made(found: SearchReport, final: str) -> str:
    names = ", ".join(f"`{name}`" for name in found.chosen)
    return (
        f"`syntagma search` with the `search.toml` in this folder: strategy `{found.strategy}`, "
        f"{len(found.episodes)} episodes over {len(found.candidates)} candidate encoders, of which it kept {names}. "
        f"`recipe.toml` describes the model that was kept; {_WEIGHTS[final]}"
    )


_WEIGHTS = {
    "found": "trained from it anew, its weights will be others.",
    "retrained": "it was trained from that anew after the search.",
}
