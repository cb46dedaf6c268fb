"""Mask equivalence: the masked model, and the model of the kept blocks alone, say the same (ACE, section e 3 and 7)."""

from __future__ import annotations

import itertools

import pytest
import torch

from syntagma.errors import ModelError
from syntagma.learning.search.controller import Combination
from syntagma.learning.search.shrinking import kept_columns, shrunk

from .conftest import NAMES, VIEWS, WIDTHS, Model, Numbers

COMBINATIONS = [bits for bits in itertools.product([True, False], repeat=3) if any(bits)]
FIRST = "encoder.network.weight_ih_l0"


def quiet(names: tuple[str, ...] = NAMES) -> Model:
    """A model without noise, so that it says the same twice, with weights far from their first ones."""
    torch.manual_seed(3)
    model = Model(names).double().eval()
    for member in model.concatenation.members.values():
        assert isinstance(member, Numbers)
        member.noisy = False
    return model


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_a_masked_model_equals_the_smaller_one(combination: Combination) -> None:
    model = quiet()
    model.concatenation.set_mask(combination)
    names = tuple(name for name, kept in zip(NAMES, combination, strict=True) if kept)
    smaller = quiet(names)
    with torch.no_grad():
        for parameter in smaller.parameters():
            parameter.zero_()
    smaller.load_state_dict(shrunk(model.state_dict(), smaller.state_dict(), kept_columns(WIDTHS, combination)))
    torch.testing.assert_close(smaller(VIEWS), model(VIEWS), atol=1e-12, rtol=0)
    assert smaller.concatenation.active == names
    assert smaller.concatenation.width == sum(w for w, kept in zip(WIDTHS, combination, strict=True) if kept)


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_masked_blocks_have_no_gradient_and_no_influence(combination: Combination) -> None:
    model = quiet()
    model.concatenation.set_mask(combination)
    model.loss(VIEWS).backward()
    gradient = model.get_parameter(FIRST).grad
    assert gradient is not None
    kept = torch.zeros(sum(WIDTHS), dtype=torch.bool)
    kept[kept_columns(WIDTHS, combination)] = True
    assert not gradient[:, ~kept].any()
    assert gradient[:, kept].any()
    before = model(VIEWS)
    with torch.no_grad():
        for name, taken in zip(NAMES, combination, strict=True):
            if not taken:
                model.get_parameter(f"concatenation.members.{name}.scale").fill_(1e6)
    assert torch.equal(model(VIEWS), before)


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_leaving_encoders_out_equals_computing_and_masking_them(combination: Combination) -> None:
    model = quiet()
    whole = model.concatenation(VIEWS).vectors
    kept = torch.zeros(sum(WIDTHS), dtype=torch.float64)
    kept[kept_columns(WIDTHS, combination)] = 1.0
    model.concatenation.set_mask(combination)
    assert torch.equal(model.concatenation(VIEWS).vectors, whole * kept)


def test_kept_columns() -> None:
    assert kept_columns([2, 3, 1], (True, False, True)).tolist() == [0, 1, 5]


def test_a_weight_that_cannot_be_divided_is_named() -> None:
    whole, smaller = {"mixed": torch.ones(7, 3)}, {"mixed": torch.ones(5, 3)}
    with pytest.raises(ModelError, match="the weight mixed of the searched model cannot be made smaller"):
        shrunk(whole, smaller, torch.tensor([0, 1]))
