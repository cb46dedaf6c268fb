"""The model that a search found, trained once more from the beginning, as its recipe would be without a search."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from syntagma.encoders.cache import Cached
from syntagma.learning.history import History
from syntagma.learning.progress import Progress
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.standing_in import stand_in
from syntagma.recipes.training import Sets, new_tagger, tagger_trainer
from syntagma.recipes.vocabularies import Vocabularies


def retrained(
    recipe: Recipe,
    vocabularies: Vocabularies,
    sets: Sets,
    cached: Mapping[str, Cached],
    folder: Path,
    progress: Progress,
) -> tuple[dict[str, Tensor], History]:
    """The weights of the best epoch, without those of the encoders whose cached vectors stood in for them.

    An interrupted training goes on from what is in `folder`.
    """
    tagger = new_tagger(recipe, vocabularies, begun=False)
    stand_in(cached, tagger)
    history = tagger_trainer(recipe, tagger, sets, folder, progress).run(resume=True)
    return tagger.cpu().state_dict(), history
