"""The runs of a study: what each is made from, which are done, and how one is done."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from itertools import product
from pathlib import Path
from statistics import fmean

from syntagma import encoders
from syntagma.encoders.encoder import Encoder
from syntagma.errors import RecipeError
from syntagma.learning.evaluation import evaluate_tagger, overall
from syntagma.learning.progress import Forwarded
from syntagma.learning.studies.progress import StudyProgress
from syntagma.learning.studies.record import Record, Run, read_record, write_record
from syntagma.learning.studies.reliance import keeping
from syntagma.models import Tagger
from syntagma.recipes.building import Materials, build_encoder
from syntagma.recipes.candidates import candidates_of
from syntagma.recipes.encoders import CharacterLM, Encoder as EncoderPart, Transformer
from syntagma.recipes.frozen_vectors import FrozenVectors
from syntagma.recipes.run_folder import digests
from syntagma.recipes.studied_data import StudiedData
from syntagma.recipes.study import StudyRecipe
from syntagma.recipes.training import Sets, files_of, new_tagger, tagger_trainer
from syntagma.recipes.vocabularies import Vocabularies
from syntagma.text.document import Sentence

RECORDS, UNFINISHED = "records", "unfinished"
_NOT_MADE_FROM = {"name", "description", "language", "licence", "notes", "weights", "search"}


class StudiedRuns:
    """All runs of a study, with their records in a folder.

    Raises:
        SyntagmaError: an encoder that cannot be loaded, a file that cannot be read.
    """

    def __init__(self, recipe: StudyRecipe, data: StudiedData, folder: Path) -> None:
        self.recipe, self.data, self.folder = recipe, data, folder
        self.stacks = {stack.name: stack for stack in recipe.compared()}
        # Seeds outermost: a study that is stopped early has something of everything.
        self.planned = [
            Run(data, stack, str(size), seed)
            for seed, size, data in product(recipe.seeds, recipe.sizes, recipe.data)
            for stack in recipe.stacks_of(data)
        ]
        self.frozen = FrozenVectors(recipe, recipe.base.folder, self._frozen_candidates())
        self._digests: dict[tuple[str, str], str] = {}

    def done(self) -> dict[Run, Record]:
        """The records that are there.

        Raises:
            RecipeError: one was made from something else than the study now says.
            DataError: a file is no record.
        """
        found = {run: record for run in self.planned if (record := read_record(run, self.folder / RECORDS))}
        for run, record in found.items():
            identity = self.identity(run)
            changed = [
                name for name in {**identity, **record.identity} if identity.get(name) != record.identity.get(name)
            ]
            if changed:
                raise RecipeError(
                    f"{changed[0]} changed since the run was done ({run})",
                    where=str(self.folder),
                    fix="Undo the change, or choose another folder with --output; new stacks, sizes, seeds and data "
                    "sets can be added at any time",
                )
        return found

    def identity(self, run: Run) -> dict[str, str]:
        """Digests of all that a run is made from; its files are read once."""
        recipe = self.recipe.recipe_of(run.data, run.stack, run.seed)
        told = recipe.model_dump(mode="json", exclude=_NOT_MADE_FROM | {"data"})
        told["data"] = self.recipe.data[run.data].model_dump(mode="json", exclude={"stacks"})
        told["study"] = [run.size, self.recipe.dev_sentences, self.recipe.test_sentences]
        if (run.data, run.stack) not in self._digests:
            self._digests[run.data, run.stack] = _digest(sorted(digests(files_of(recipe), recipe.folder).values()))
        members = self.stacks[run.stack].members
        frozen = {
            f"the encoder '{name}'": cached.store.files.identity
            for name, cached in self.frozen.cached.items()
            if name in members
        }
        return {"the recipe": _digest(told), "the data": self._digests[run.data, run.stack], **frozen}

    def prepare(self, runs: Sequence[Run], progress: StudyProgress) -> None:
        """Compute the vectors of frozen encoders that these runs will read, and let go of the encoders.

        Raises:
            OutputError: the cache could not take them; nothing has been computed then.
        """
        needed = {name: [run for run in runs if name in self.stacks[run.stack].members] for name in self.frozen.cached}
        views = {name: self.data.views(of) for name, of in needed.items()}
        self.frozen.check_room(views)
        self.frozen.fill(views, progress)
        self.frozen.encoders.clear()

    def do(self, run: Run, progress: StudyProgress) -> Record:
        """Train, test, and keep the record; an interrupted run goes on where it stopped."""
        identity = self.identity(run)
        unfinished = self.folder / UNFINISHED / _digest(identity)[:16]
        recipe, sets = self.recipe.recipe_of(run.data, run.stack, run.seed), self.data.sets(run)
        whole = self.data.whole[run.data].train
        vocabularies = Vocabularies.collect(sets.train, recipe, labelled=whole)
        members = self.stacks[run.stack].members
        ready: dict[str, Encoder] = {name: one for name, one in self.frozen.cached.items() if name in members}
        tagger = new_tagger(recipe, vocabularies, begun=False, ready=ready)
        history = tagger_trainer(recipe, tagger, sets, unfinished, Forwarded(progress)).run(resume=True)
        best, select = history.best, recipe.learning.select
        assert best is not None
        record = Record(
            run,
            identity,
            sentences=len(sets.train),
            dev=100 * best.score,
            test={name: _score(tagger, test, select) for name, test in sets.test.items()},
            reliance=self._reliance(run, tagger, sets, select),
            epochs=len(history.epochs),
            best_epoch=best.number,
            seconds=sum(epoch.seconds for epoch in history.epochs),
            parameters=sum(p.numel() for p in tagger.parameters() if p.requires_grad),
        )
        write_record(record, self.folder / RECORDS)
        shutil.rmtree(unfinished)
        with suppress(OSError):  # another process may have a run of its own there
            unfinished.parent.rmdir()
        return record

    def _frozen_candidates(self) -> dict[str, Encoder]:
        """The pretrained candidates that are not tuned and that some stack has."""
        used = {name for run in self.planned for name in self.stacks[run.stack].members}
        materials = Materials(Vocabularies(labels={}), folder=self.recipe.base.folder)
        parts = [part for part in candidates_of(self.recipe.base) if part.name in used and _is_frozen(part)]
        return {part.name: build_encoder(part, materials) for part in parts}

    def _reliance(self, run: Run, tagger: Tagger, sets: Sets, select: str | None) -> dict[str, float]:
        """What is left of the score with one kind of encoders at a time; nothing of a stack of one kind."""
        stack = self.stacks[run.stack]
        if not self.recipe.reliance or len(stack.kinds) < 2:
            return {}
        concatenation = next(m for m in tagger.encoder.modules() if isinstance(m, encoders.Concatenation))
        tests = list(sets.test.values()) or [sets.dev]
        found: dict[str, float] = {}
        for kind in stack.kinds:
            with keeping(concatenation, [name for name, one in stack.members.items() if one == kind]):
                found[kind] = fmean(_score(tagger, test, select) for test in tests)
        return found


def _is_frozen(part: EncoderPart) -> bool:
    return part.frozen if isinstance(part, CharacterLM) else isinstance(part, Transformer) and not part.tuned


def _score(tagger: Tagger, test: Sequence[Sentence], select: str | None) -> float:
    return 100 * overall(evaluate_tagger(tagger, test, name="test"), select)


def _digest(values: object) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
