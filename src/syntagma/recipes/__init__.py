"""The typed configuration of a run, and how each part is built from it."""

from syntagma.recipes.loading import load_recipe, parse_recipe, recipe_schema
from syntagma.recipes.recipe import Recipe

__all__ = ["Recipe", "load_recipe", "parse_recipe", "recipe_schema"]
