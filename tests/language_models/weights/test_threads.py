"""Threads: torch has one while products have all, and afterwards what it had."""

from __future__ import annotations

import pytest
import torch

from syntagma.language_models.weights import products_alone
from syntagma.language_models.weights.threads import product_threads


@pytest.fixture
def three_threads() -> object:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("three_threads")
def test_products_keep_the_threads_that_torch_gives_up() -> None:
    assert product_threads() == 3
    with products_alone():
        assert (torch.get_num_threads(), product_threads()) == (1, 3)
        with products_alone():
            assert (torch.get_num_threads(), product_threads()) == (1, 3)
        assert (torch.get_num_threads(), product_threads()) == (1, 3)
    assert (torch.get_num_threads(), product_threads()) == (3, 3)


@pytest.mark.usefixtures("three_threads")
def test_an_error_gives_them_back() -> None:
    with pytest.raises(ZeroDivisionError), products_alone():
        _ = 1 / 0
    assert (torch.get_num_threads(), product_threads()) == (3, 3)
