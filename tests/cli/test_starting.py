"""Garbage collection rests while a model is loaded, and only then."""

from __future__ import annotations

import gc

import pytest

from syntagma.cli.starting import no_collection


def test_collection_rests_and_comes_back() -> None:
    try:
        with no_collection():
            assert not gc.isenabled()
        assert gc.isenabled()
        with pytest.raises(ValueError, match="no model"), no_collection():
            raise ValueError("no model")
        assert gc.isenabled()
    finally:
        gc.unfreeze()
