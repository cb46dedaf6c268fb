"""The values of a TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from syntagma.errors import RecipeError

MAXIMUM_BYTES = 1_000_000


def read_toml(path: Path) -> dict[str, Any]:
    """The values of a TOML file of bounded size. Raises RecipeError."""
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            raise RecipeError("is larger than 1 MB, so it is no recipe", where=str(path))
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise RecipeError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"is not TOML: {error}", where=str(path)) from None
