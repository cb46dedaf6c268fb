"""Modules by names that recipes gave them: plain ones, which weights and files can have too."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from syntagma.errors import RecipeError


def named_modules(modules: Mapping[str, nn.Module], what: str) -> nn.ModuleDict:
    """The modules in their order; `what` says in words what they are.

    Raises:
        RecipeError: a name that is not a plain one, or that torch keeps for itself.
    """
    found = nn.ModuleDict()
    for name, module in modules.items():
        if not name.replace("-", "_").isidentifier() or hasattr(found, name):
            raise RecipeError(
                f"'{name}' cannot name {what}",
                fix="Use a plain name of letters, digits, '-' and '_', such as 'characters'",
            )
        found[name] = module
    return found
