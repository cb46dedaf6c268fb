"""Character language models from recipe to tagger: training, resuming, the folder, what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli_w
from safetensors.torch import load_file

from syntagma.errors import ModelError, RecipeError, TrainingError
from syntagma.learning.progress import SilentProgress
from syntagma.recipes import load_run, parse_recipe
from syntagma.recipes.character_lm import CharacterLMRecipe
from syntagma.recipes.character_lm_model import load_character_lm
from syntagma.recipes.character_lm_training import train_character_lm
from syntagma.recipes.saved_model import load_model
from syntagma.recipes.training import train
from syntagma.text.view import View

TEXT = "Ann met Bob in New York. Rain fell on York.\n\nAcme hired Ann Lee! Bob didn't go.\n"


class StopAt(SilentProgress):
    """Ctrl-C in the middle of an epoch."""

    def __init__(self, epoch: int, step: int) -> None:
        self.place = epoch, step

    def step(self, epoch: int, done: int, steps: int, loss: float) -> None:
        """Stop there."""
        if (epoch, done) == self.place:
            import signal

            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def recipe(folder: Path) -> CharacterLMRecipe:
    (folder / "text.txt").write_text(TEXT * 5, encoding="utf-8")
    values = {
        "task": "character-lm",
        "name": "letters",
        "data": {"train": ["text.txt", "train.conll"], "dev": "text.txt", "test": "train.conll"},
        "model": {"embedding": 4, "hidden": 6},
        "learning": {"epochs": 3, "batch_characters": 150, "longest": 20, "learning_rate": 0.01},
    }
    (folder / "letters.toml").write_text(tomli_w.dumps(values), encoding="utf-8")
    found = load_run(folder / "letters.toml")
    assert isinstance(found, CharacterLMRecipe)
    return found


def test_a_run_gives_models_with_their_perplexity(recipe: CharacterLMRecipe, folder: Path) -> None:
    result = train_character_lm(recipe, folder / "lm")
    assert set(result.perplexities) == {"dev", "train.conll"}
    assert all(1 < value < 40 for found in result.perplexities.values() for value in found.values())
    card = (folder / "lm" / "README.md").read_text(encoding="utf-8")
    assert f"| dev | {result.perplexities['dev']['forwards']:.3f} |" in card
    assert load_character_lm(folder / "lm").width == 12
    assert not (folder / "lm.run").exists()
    # The recipe that is kept makes the same run.
    assert load_run(folder / "lm" / "recipe.toml").model_dump() == recipe.model_dump()


def test_an_interrupted_run_ends_as_if_it_had_not_been(recipe: CharacterLMRecipe, folder: Path) -> None:
    train_character_lm(recipe, folder / "whole")
    with pytest.raises(KeyboardInterrupt):
        train_character_lm(recipe, folder / "broken", progress=StopAt(2, 3))
    train_character_lm(recipe, folder / "broken", resume=True)
    whole, broken = (load_file(folder / name / "weights.safetensors") for name in ("whole", "broken"))
    assert whole.keys() == broken.keys()
    assert all(whole[name].equal(broken[name]) for name in whole)


def test_a_tagger_carries_the_models_that_it_reads_with(
    recipe: CharacterLMRecipe, folder: Path, values: dict[str, Any]
) -> None:
    train_character_lm(recipe, folder / "lm")
    encoder = load_character_lm(folder / "lm")
    views = [View(["Ann", "met", "Zoë"])]
    values |= {"encoder": {"kind": "character-lm", "model": "lm"}, "learning": {"epochs": 1, "batch_words": 40}}
    result = train(parse_recipe(values, folder=folder), folder / "out")
    (folder / "lm").rename(folder / "gone")
    _, tagger, _ = load_model(result.folder)
    assert tagger.encoder(views).vectors.equal(encoder(views).vectors)


def test_a_folder_that_is_no_such_model_is_told(
    recipe: CharacterLMRecipe, folder: Path, values: dict[str, Any]
) -> None:
    train_character_lm(recipe, folder / "lm")
    with pytest.raises(ModelError, match=r"lm: holds character language models, .*They are for an encoder: kind ="):
        load_model(folder / "lm")
    (folder / "lm" / "shape.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match=r"the file shape\.json is not the one that was saved"):
        load_character_lm(folder / "lm")
    with pytest.raises(ModelError, match="there is no such model folder"):
        load_character_lm(folder / "nothing")
    tagger = train(parse_recipe(values, ["learning.epochs=1"], folder=folder), folder / "tagger").folder
    with pytest.raises(ModelError, match=r'is a model, but not of characters. Give one of the task "character-lm"'):
        load_character_lm(tagger)
    with pytest.raises(ModelError):
        load_model(folder / "lm")


def test_what_is_wrong_with_a_recipe_is_told(recipe: CharacterLMRecipe, folder: Path) -> None:
    path = folder / "letters.toml"
    with pytest.raises(RecipeError, match="unknown task 'character-ml'; did you mean 'character-lm'"):
        load_run(path, ["task=character-ml"])
    with pytest.raises(RecipeError, match=r"unknown key 'hiden' in table \[model\]; did you mean 'hidden'"):
        load_run(path, ["model.hiden=3"])
    (folder / "empty.txt").write_text("\n\n", encoding="utf-8")
    wrong = load_run(path, ["data.train=empty.txt"])
    assert isinstance(wrong, CharacterLMRecipe)
    with pytest.raises(TrainingError, match="there is no text to learn from"):
        train_character_lm(wrong, folder / "out")
    assert not (folder / "out").exists()
