"""Where a recipe keeps the vectors of encoders that never change."""

from __future__ import annotations

from pydantic import Field

from syntagma.recipes.part import Part


class Caching(Part):
    """The vector cache, for a part of a recipe that trains many models over the same encoders."""

    cache: str | None = None
    """Folder for the vectors of frozen transformers and character models; by default in the user's cache folder."""
    cache_gigabytes: float = Field(default=20.0, gt=0)
    """How large that folder may grow, everything in it counted."""
