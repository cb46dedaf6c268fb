"""search(): from a recipe with candidate encoders to a saved model that has the best of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from syntagma.learning.search.controller import Controller
from syntagma.learning.search.progress import SearchProgress, SilentSearchProgress
from syntagma.learning.search.search import Search
from syntagma.learning.search.strategies import Budget, Exhaustive, Greedy, Sampled, Strategy, Together
from syntagma.recipes.candidates import candidates_of, check_scorers
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.run_folder import RunFolder
from syntagma.recipes.search import Search as SearchPart
from syntagma.recipes.searched_model import SearchedModel, SearchResult
from syntagma.recipes.training import files_of, read_sets

MakeProgress = Callable[[Sequence[str], int], SearchProgress]
"""From the candidates' names and the number of episodes to what shows how the search goes."""


def search(
    recipe: Recipe, output: Path | None = None, *, resume: bool = False, progress: MakeProgress | None = None
) -> SearchResult:
    """Find the best candidates of the recipe's concatenation and save the model that has them as the folder `output`.

    The model holds the best weights of the search, or those of a training anew (`search.final`), and nothing of the
    candidates that were dropped. Beside its own report it has the search's: `search.json`, `search.html`, and the
    recipe `search.toml`.

    Raises:
        SyntagmaError: a candidate, data, recipe, cache or output that cannot be used; mostly before anything is done.
        KeyboardInterrupt: the user stopped the search; it can be resumed.
    """
    run = RunFolder(output or recipe.place, "search", recipe, files_of(recipe))
    names = [part.name for part in candidates_of(recipe)]
    check_scorers(recipe)
    strategy = build_strategy(recipe.search or SearchPart(), len(names), recipe.seed)
    told = progress(names, strategy.budget.episodes) if progress else SilentSearchProgress()
    sets = read_sets(recipe)
    run.check(resume=resume)
    model = SearchedModel(recipe, sets)
    model.check_room()
    run.begin(resume=resume)
    looking = Search(
        model.tagger,
        model.concatenation.set_mask,
        strategy,
        model.trainer(strategy.budget),
        run.path,
        model.frozen.identity,
        told,
    )
    if resume:
        looking.check()  # before vectors are computed for nothing
    model.fill(told)
    episodes = looking.run(resume=resume)
    result = model.save(episodes, run.output, run.path, told)
    run.close()
    return result


def build_strategy(part: SearchPart, candidates: int, seed: int) -> Strategy:
    """The strategy of a part. Raises RecipeError if its budget is too small."""
    budget = Budget(part.episodes, part.epochs, part.first_epochs)
    match part.strategy:
        case "ace":
            controller = Controller(
                candidates,
                seed=seed,
                discount=part.discount,
                rate=part.rate,
                momentum=part.momentum,
                damping=part.damping,
            )
            return Sampled(controller, budget, curve=part.curve)
        case "random":
            return Sampled(Controller(candidates, seed=seed, rate=0.0), budget)
        case "all":
            return Together(candidates, budget)
        case "greedy":
            return Greedy(candidates, budget)
        case "exhaustive":
            return Exhaustive(candidates, budget, seed=seed)
