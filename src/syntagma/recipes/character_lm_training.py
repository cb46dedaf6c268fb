"""train_character_lm(): from texts to two character language models with their perplexities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import torch

from syntagma.encoders.character_lm import EDGE, Direction
from syntagma.errors import TrainingError
from syntagma.learning.batches import WordBudgetBatches, by_length
from syntagma.learning.optimizer import build_optimizer
from syntagma.learning.progress import Progress, SilentProgress
from syntagma.learning.schedule import Schedule
from syntagma.learning.trainer import Trainer
from syntagma.models import CharacterLanguageModels
from syntagma.recipes.character_lm import CharacterLMRecipe
from syntagma.recipes.character_lm_card import character_lm_card
from syntagma.recipes.character_lm_model import CharacterLMShape, empty_character_lm, save_character_lm
from syntagma.recipes.data import Source
from syntagma.recipes.run_folder import RunFolder
from syntagma.recipes.saved_model import as_stored
from syntagma.recipes.unlabelled import read_texts

Perplexities = Mapping[Direction, float]


@dataclass(frozen=True, slots=True)
class CharacterLMResult:
    """A finished run: the models' folder and their perplexity a character on each data set."""

    folder: Path
    perplexities: Mapping[str, Perplexities]


def train_character_lm(
    recipe: CharacterLMRecipe, output: Path | None = None, *, resume: bool = False, progress: Progress | None = None
) -> CharacterLMResult:
    """Train what the recipe describes and save it as the folder `output` (by default `runs/<name>`).

    With `resume`, an interrupted run of the same recipe goes on and ends as it would have without the interruption.

    Raises:
        SyntagmaError: data, recipe or output that cannot be used; nothing is left half-written.
        KeyboardInterrupt: the user stopped the run; it can be resumed.
    """
    sources = (*recipe.data.train, *recipe.data.dev, *recipe.data.test)
    run = RunFolder(output or recipe.place, "train", recipe, (source.path for source in sources))
    train = _texts(recipe, recipe.data.train)
    others = {"dev": _texts(recipe, recipe.data.dev)}
    others |= {source.title: _texts(recipe, [source]) for source in recipe.data.test}
    run.check(resume=resume)
    run.begin(resume=resume)
    shape = _shape(recipe, train)
    torch.manual_seed(recipe.seed)
    models = CharacterLanguageModels(empty_character_lm(shape, frozen=False), recipe.model.dropout)
    models.to("cuda" if torch.cuda.is_available() else "cpu")
    trainer = _trainer(recipe, models, train, others["dev"], run.path, progress or SilentProgress())
    history = trainer.run(resume=resume)
    as_stored(models, recipe.weights)
    measured = {name: models.perplexity(_batches(recipe, texts)) for name, texts in others.items()}
    card = character_lm_card(recipe, measured, sum(map(len, train)), history)
    save_character_lm(run.output, recipe, models.cpu(), shape, card=card)
    run.close()
    return CharacterLMResult(run.output, measured)


def _texts(recipe: CharacterLMRecipe, sources: Sequence[Source]) -> list[str]:
    """Sentences as they will be read: words with a blank between them, in parts where they are too long."""
    longest = recipe.learning.longest
    found = [
        text[at : at + longest]
        for source in sources
        for text in read_texts(source, recipe.folder)
        for at in range(0, len(text), longest)
    ]
    if not found:
        raise TrainingError("there is no text to learn from", where=", ".join(source.path for source in sources))
    return found


def _shape(recipe: CharacterLMRecipe, texts: Sequence[str]) -> CharacterLMShape:
    counts = Counter(character for text in texts for character in text)
    known = sorted(c for c, count in counts.items() if count >= recipe.model.minimum_count)
    sizes = recipe.model
    alphabet = list(dict.fromkeys([EDGE, *known]))
    return CharacterLMShape(alphabet=alphabet, embedding=sizes.embedding, hidden=sizes.hidden, layers=sizes.layers)


def _trainer(
    recipe: CharacterLMRecipe,
    models: CharacterLanguageModels,
    train: list[str],
    dev: list[str],
    folder: Path,
    progress: Progress,
) -> Trainer[str]:
    learning = recipe.learning
    batches = WordBudgetBatches([len(text) for text in train], words=learning.batch_characters, seed=recipe.seed)
    optimizer = build_optimizer(
        models,
        kind="adamw",
        learning_rate=learning.learning_rate,
        transformer_learning_rate=learning.learning_rate,
        layer_decay=1.0,
        weight_decay=learning.weight_decay,
    )
    schedule = Schedule(learning.schedule, steps=learning.epochs * len(batches), warmup=learning.warmup)
    return Trainer(
        models,
        train,
        batches,
        optimizer,
        schedule,
        _dev_scores(models, _batches(recipe, dev)),
        epochs=learning.epochs,
        patience=learning.patience,
        clip=learning.clip,
        folder=folder,
        progress=progress,
    )


def _batches(recipe: CharacterLMRecipe, texts: Sequence[str]) -> list[list[str]]:
    lengths = [len(text) for text in texts]
    return [[texts[i] for i in batch] for batch in by_length(lengths, words=recipe.learning.batch_characters)]


def _dev_scores(models: CharacterLanguageModels, batches: Sequence[Sequence[str]]) -> Callable[[], Mapping[str, float]]:
    """The score is the probability of a character, 1 / perplexity: the greater, the better, as the trainer wants it."""

    def scores() -> dict[str, float]:
        found = {str(direction): 1 / value for direction, value in models.perplexity(batches).items()}
        return found | {"score": fmean(found.values())}

    return scores
