"""Small tokenizers of every kind that is known."""

from __future__ import annotations

from typing import Any

import pytest

from ..small_tokenizers import byte_level_description, pieces_description


@pytest.fixture(scope="session")
def byte_level() -> dict[str, Any]:
    """One character a byte, as GPT-2, Llama 3, SmolLM2 and Phi-4."""
    return byte_level_description()


@pytest.fixture(scope="session")
def pieces() -> dict[str, Any]:
    """SentencePiece's, as Llama 2 and Phi-3."""
    return pieces_description()


@pytest.fixture(scope="session")
def first_only(pieces: dict[str, Any]) -> dict[str, Any]:
    """The same with a space in front of the first text only, as Llama's newer tokenizers have it."""
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}
    return {**pieces, "normalizer": None, "pre_tokenizer": metaspace}


@pytest.fixture(scope="session", params=["byte_level", "pieces", "first_only"])
def description(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each of them."""
    contents: dict[str, Any] = request.getfixturevalue(request.param)
    return contents
