"""Saved models applied to documents."""

from syntagma.pipeline.loading import load, packaged_models
from syntagma.pipeline.pipeline import Pipeline

__all__ = ["Pipeline", "load", "packaged_models"]
