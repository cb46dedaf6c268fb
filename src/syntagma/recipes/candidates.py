"""The candidates of a search or a study in its recipe, and what is left of a recipe when some of them are dropped."""

from __future__ import annotations

from collections.abc import Sequence

from syntagma.errors import RecipeError
from syntagma.recipes.encoders import Concatenation, Convolution, Encoder, Recurrent
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.scorers import DecomposedTrilinear, Softmax, ThreeBilinear, Trilinear, TwoBilinear, Vanilla

_LINEAR = (Softmax, Vanilla, TwoBilinear, ThreeBilinear, Trilinear, DecomposedTrilinear)
_FIX = 'Example: [encoder] kind = "recurrent", of = { kind = "concatenation", members = [...] }'


def candidates_of(recipe: Recipe, needed_for: str = "a search") -> list[Encoder]:
    """The members of the concatenation that is the recipe's encoder, or under its recurrent or convolutional one.

    Raises:
        RecipeError: there is no such concatenation, it has one member, or two members are the same but for the name.
    """
    part: Encoder = recipe.encoder
    while isinstance(part, Recurrent | Convolution):
        part = part.of
    if not isinstance(part, Concatenation) or len(part.members) < 2:
        raise RecipeError(f"{needed_for} needs an encoder that reads a concatenation of at least 2 members", fix=_FIX)
    seen: dict[str, str] = {}
    for member in part.members:
        same = seen.setdefault(member.model_dump_json(exclude={"name"}), member.name)
        if same != member.name:
            raise RecipeError(
                f"the candidates '{same}' and '{member.name}' are the same encoder", fix="Leave out one of them"
            )
    return part.members


def check_scorers(recipe: Recipe) -> None:
    """Directly over a concatenation only scorers can stand that multiply a word's own vector by a matrix.

    Others have weights of the vector's width that stay when a candidate's block is zero, for instance a vector for the
    word before the first: the model without the candidate would be another one.

    Raises:
        RecipeError: there is another one, and no network between.
    """
    if not isinstance(recipe.encoder, Concatenation):
        return
    for layer in recipe.data.labels:
        scorer = recipe.scorer_of(layer)
        if not isinstance(scorer, _LINEAR):
            raise RecipeError(
                f"the scorer '{scorer.kind}' of layer '{layer}' cannot stand directly over the candidates of a search",
                fix=f"Put a network between. {_FIX}",
            )


def check_widths(part: Encoder, widths: Sequence[int]) -> None:
    """A convolution takes vectors of its own width without a weight that could be divided: no choice may have it.

    Raises:
        RecipeError: some candidates together are as wide as the convolution over them.
    """
    while isinstance(part, Recurrent | Convolution):
        if isinstance(part, Convolution) and isinstance(part.of, Concatenation):
            sums = {0}
            for width in widths:
                sums |= {before + width for before in sums}
            if part.width in sums:
                raise RecipeError(
                    f"some candidates together are {part.width} wide, as the convolution over them is",
                    fix=f"Give the convolution another width, for instance {max(sums) + 1}",
                )
        part = part.of


def without_dropped(recipe: Recipe, kept: Sequence[str]) -> Recipe:
    """The recipe of a model with these candidates only; it says nothing of a search."""
    smaller = recipe.model_copy(update={"encoder": _with_members(recipe.encoder, kept), "search": None})
    return smaller.located(recipe.folder)


def _with_members(part: Encoder, kept: Sequence[str]) -> Encoder:
    if isinstance(part, Recurrent | Convolution):
        return part.model_copy(update={"of": _with_members(part.of, kept)})
    assert isinstance(part, Concatenation)
    return part.model_copy(update={"members": [member for member in part.members if member.name in kept]})
