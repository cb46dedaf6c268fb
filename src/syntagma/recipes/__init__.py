"""The typed configuration of a run, and how each part is built from it."""

from syntagma.recipes.loading import load_recipe, load_run, load_study, parse_recipe, parse_run, recipe_schema
from syntagma.recipes.recipe import Recipe

__all__ = ["Recipe", "load_recipe", "load_run", "load_study", "parse_recipe", "parse_run", "recipe_schema"]
