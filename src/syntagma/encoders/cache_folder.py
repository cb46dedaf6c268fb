"""Where things are kept that can be made again at any time."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "SYNTAGMA_CACHE"


def cache_folder() -> Path:
    """The folder that the environment variable `SYNTAGMA_CACHE` names, else `syntagma` in the user's cache folder."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser()
    user = os.environ.get("XDG_CACHE_HOME")
    return (Path(user) if user else Path.home() / ".cache") / "syntagma"
