"""`syntagma schema`: the JSON schema of recipes, for editors."""

from __future__ import annotations

import json


def schema() -> None:
    """Print the JSON schema of recipes, so that an editor can complete and check them."""
    from syntagma.cli.outputs import standard_output
    from syntagma.recipes import recipe_schema

    with standard_output() as stream:
        stream.write(json.dumps(recipe_schema(), indent=2, ensure_ascii=False) + "\n")
