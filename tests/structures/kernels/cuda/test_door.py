"""Asking for the GPU's kernel where it can't run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from syntagma.errors import StructureError
from syntagma.structures.kernels import dispatch

ON_A_GPU: Any = SimpleNamespace(device=torch.device("cuda"))


def test_scores_elsewhere_are_an_error() -> None:
    with (
        dispatch.use_kernel("cuda"),
        pytest.raises(StructureError, match="'cuda' was asked for, and the scores are on 'cpu'"),
    ):
        dispatch.choose(torch.zeros(1), 1.0, learns=False)


def test_a_missing_triton_is_an_error_where_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "_installed", lambda _: False)
    assert dispatch.choose(ON_A_GPU, 1.0, learns=False) == "reference"
    with dispatch.use_kernel("cuda"), pytest.raises(StructureError, match="Triton is not installed"):
        dispatch.choose(ON_A_GPU, 1.0, learns=False)
