"""train(): from a recipe to a saved model with its report and card."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import nn

from syntagma.encoders.encoder import Encoder
from syntagma.errors import DataError
from syntagma.learning.batches import WordBudgetBatches
from syntagma.learning.evaluation import evaluate_tagger, headline, overall
from syntagma.learning.history import History
from syntagma.learning.optimizer import build_optimizer
from syntagma.learning.progress import Progress, SilentProgress
from syntagma.learning.report import Report, render_html
from syntagma.learning.schedule import Schedule
from syntagma.learning.temperature import calibrate
from syntagma.learning.trainer import Example, Trainer
from syntagma.models import Tagger
from syntagma.recipes.building import Materials, build_tagger
from syntagma.recipes.datasets import read_sentences
from syntagma.recipes.encoders import CharacterLM, WordVectors
from syntagma.recipes.learnable_trees import check_trees, left_out
from syntagma.recipes.manifest import MANIFEST
from syntagma.recipes.model_card import model_card
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.run_folder import RunFolder
from syntagma.recipes.saved_model import as_stored, save_model
from syntagma.recipes.static_vectors import static_vectors
from syntagma.recipes.vocabularies import Vocabularies, encoder_parts
from syntagma.text.document import Sentence


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """A finished run: the model's folder, what happened, what it scores."""

    folder: Path
    report: Report


@dataclass(frozen=True, slots=True)
class Sets:
    """The sentences of a run: to learn from, to choose by, and to report on, by name."""

    train: list[Sentence]
    dev: list[Sentence]
    test: dict[str, list[Sentence]]


def train(
    recipe: Recipe, output: Path | None = None, *, resume: bool = False, progress: Progress | None = None
) -> TrainingResult:
    """Train what the recipe describes and save it as the folder `output` (by default `runs/<name>`).

    With `resume`, an interrupted run of the same recipe goes on and ends as it would have without the interruption.

    Raises:
        SyntagmaError: data, recipe or output that cannot be used; nothing is left half-written.
        KeyboardInterrupt: the user stopped the run; it can be resumed.
    """
    run = RunFolder(output or recipe.place, "train", recipe, files_of(recipe))
    sets = read_sets(recipe)
    run.check(resume=resume)
    vocabularies = Vocabularies.collect(sets.train, recipe)
    tagger = new_tagger(recipe, vocabularies, begun=resume and run.has_checkpoint)
    check_trees(tagger, sets.train)
    fitting = tagger_trainer(recipe, tagger, sets, run.path, progress or SilentProgress())
    run.begin(resume=resume)
    history = fitting.run(resume=resume)
    report = measured(recipe, tagger, sets, history)
    save_model(
        run.output,
        recipe,
        tagger,
        vocabularies,
        card=model_card(recipe, report),
        reports={"report.json": report.to_json(), "report.html": render_html(report)},
    )
    run.close()
    return TrainingResult(run.output, report)


def measured(recipe: Recipe, tagger: Tagger, sets: Sets, history: History) -> Report:
    """Calibrate a tagger that has learned, round its weights as they will be stored, and say what it scores."""
    tagger.cpu()
    temperatures = calibrate(tagger, sets.dev) if recipe.learning.calibrate else {}
    as_stored(tagger, recipe.weights)
    return tagger_report(recipe, tagger, sets, history, temperatures)


def files_of(recipe: Recipe) -> Iterator[str]:
    """All that the run reads and that no checkpoint keeps."""
    for source in (*recipe.data.train, *recipe.data.dev, *recipe.data.test):
        yield source.path
    for part in encoder_parts(recipe.encoder):
        if isinstance(part, WordVectors):
            yield part.file
        elif isinstance(part, CharacterLM):
            yield str(Path(part.model) / MANIFEST)


def read_sets(recipe: Recipe) -> Sets:
    """All that the recipe's sources hold. Raises DataError, LabelError."""
    read = partial(read_sentences, layers=recipe.data.labels, folder=recipe.folder)
    return Sets(
        [sentence for source in recipe.data.train for sentence in read(source) * source.repeat],
        [sentence for source in recipe.data.dev for sentence in read(source)],
        {source.title: read(source) for source in recipe.data.test},
    )


def new_tagger(
    recipe: Recipe, vocabularies: Vocabularies, *, begun: bool, ready: Mapping[str, Encoder] | None = None
) -> Tagger:
    """A tagger with its first weights; static tables stay empty if the run has begun, for the checkpoint has them.

    Encoders that are `ready` are taken as they are, by name.
    """
    torch.manual_seed(recipe.seed)
    vectors = None if begun else static_vectors(recipe.encoder, vocabularies, recipe.folder)
    tagger = build_tagger(recipe, Materials(vocabularies, folder=recipe.folder, vectors=vectors, ready=ready or {}))
    return tagger.to("cuda" if torch.cuda.is_available() else "cpu")


def tagger_trainer(recipe: Recipe, tagger: Tagger, sets: Sets, folder: Path, progress: Progress) -> Trainer[Sentence]:
    """The trainer that the recipe's learning part describes, whose dev score is the recipe's."""
    lengths = [len(sentence.tokens) for sentence in sets.train]
    scores = dev_scores(tagger, sets.dev, recipe.learning.select)
    return trainer(recipe, tagger, sets.train, lengths, scores, folder, progress)


def trainer(
    recipe: Recipe,
    model: nn.Module,
    examples: Sequence[Example],
    lengths: Sequence[int],
    scores: Callable[[], Mapping[str, float]],
    folder: Path,
    progress: Progress,
) -> Trainer[Example]:
    """The trainer that the recipe's learning part describes, of any model and its examples of so many words each."""
    learning = recipe.learning
    batches = WordBudgetBatches(lengths, words=learning.batch_words, seed=recipe.seed, steps=learning.epoch_steps)
    optimizer = build_optimizer(
        model,
        kind=learning.optimizer,
        learning_rate=learning.learning_rate,
        transformer_learning_rate=learning.transformer_learning_rate,
        layer_decay=learning.layer_decay,
        weight_decay=learning.weight_decay,
    )
    schedule = Schedule(
        learning.schedule,
        steps=(learning.schedule_epochs or learning.epochs) * len(batches),
        warmup=learning.warmup,
        patience=learning.schedule_patience,
    )
    return Trainer(
        model,
        examples,
        batches,
        optimizer,
        schedule,
        scores,
        epochs=learning.epochs,
        patience=learning.patience,
        clip=learning.clip,
        folder=folder,
        progress=progress,
    )


def dev_scores(tagger: Tagger, dev: Sequence[Sentence], select: str | None) -> Callable[[], Mapping[str, float]]:
    """What measures a tagger after each epoch.

    Raises:
        DataError: no sentence is annotated in the layer that epochs are to be chosen by.
    """
    if select is not None and not any(sentence.has(select) for sentence in dev):
        raise DataError(
            f"no dev sentence is annotated in the layer '{select}', by which the epoch is to be chosen",
            fix="Change `learning.select`, or add such dev data",
        )

    def scores() -> dict[str, float]:
        found = evaluate_tagger(tagger, dev, name="dev")
        return {result.layer: headline(result) for result in found.layers} | {"score": overall(found, select)}

    return scores


def tagger_report(
    recipe: Recipe, tagger: Tagger, sets: Sets, history: History, temperatures: dict[str, float]
) -> Report:
    """The scores on dev and test data, and the facts of a run."""
    data_sets = [
        evaluate_tagger(tagger, sentences, name=name) for name, sentences in {"dev": sets.dev, **sets.test}.items()
    ]
    facts: dict[str, str | int | float] = {
        "seed": recipe.seed,
        "parameters": sum(parameter.numel() for parameter in tagger.parameters()),
        "training sentences": len(sets.train),
        "training words": sum(len(sentence.tokens) for sentence in sets.train),
        "minutes of training": round(sum(epoch.seconds for epoch in history.epochs) / 60, 1),
        "threads": torch.get_num_threads(),
        "device": "cuda" if torch.cuda.is_available() else "cpu",
    }
    facts |= dict(left_out(tagger, sets.train))
    facts |= {f"temperature of {layer}": round(value, 3) for layer, value in temperatures.items()}
    return Report(recipe.name, history.epochs, data_sets, facts)
