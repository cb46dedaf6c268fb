"""The card of character language models: what they read, how well they predict it, under which licences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syntagma.encoders.character_lm import Direction
from syntagma.learning.history import History
from syntagma.recipes.character_lm import CharacterLMRecipe
from syntagma.recipes.model_card import data_table


def character_lm_card(
    recipe: CharacterLMRecipe, perplexities: Mapping[str, Mapping[Direction, float]], characters: int, history: History
) -> str:
    """Markdown, with the perplexities measured at the end of the run."""
    parts = (_head(recipe), _scores(perplexities), data_table(recipe.data), _making(recipe, characters, history))
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(recipe: CharacterLMRecipe) -> Iterator[str]:
    yield f"# {recipe.name}"
    yield ""
    yield recipe.description or "Two character language models, forward and backward, trained with Syntagma."
    yield ""
    yield f"- Language: {recipe.language or 'not stated'}"
    yield f"- Licence: {recipe.licence or 'not stated'}"
    yield f'- Use: an encoder with `kind = "character-lm"`, vectors of {2 * recipe.model.hidden} numbers'


def _scores(perplexities: Mapping[str, Mapping[Direction, float]]) -> Iterator[str]:
    yield from ("", "## Perplexity a character", "", "| data | forwards | backwards |", "|---|---|---|")
    for name, found in perplexities.items():
        yield f"| {name} | {found['forwards']:.3f} | {found['backwards']:.3f} |"


def _making(recipe: CharacterLMRecipe, characters: int, history: History) -> Iterator[str]:
    minutes = sum(epoch.seconds for epoch in history.epochs) / 60
    yield from ("", "## How it was made", "")
    yield f"`syntagma train` with the `recipe.toml` in this folder, seed {recipe.seed}."
    yield f"{characters:,} characters, {len(history.epochs)} epochs, {minutes:.1f} minutes of training."
    if recipe.notes:
        yield from ("", "## Notes", "", recipe.notes.strip())
