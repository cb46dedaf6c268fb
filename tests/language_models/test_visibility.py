"""Who sees whom: windows and phi-3-small's blocks, by the values of papers/phi-decoder.md, section 4."""

from __future__ import annotations

import pytest
import torch

from syntagma.language_models.config import BlockSparsity
from syntagma.language_models.visibility import by_blocks, causal


def test_a_window_holds_so_many_tokens_the_own_one_counted() -> None:
    positions = torch.arange(20)
    assert causal(positions, positions, window=8)[15].nonzero().flatten().tolist() == list(range(8, 16))
    assert causal(positions, positions)[15].sum() == 16


def test_an_empty_place_is_seen_by_none() -> None:
    assert causal(torch.tensor([3]), torch.tensor([-1, 2])).tolist() == [[False, True]]


def visible_blocks(block: int, head: int) -> list[int]:
    """The blocks that the last token of a block sees."""
    query = torch.tensor([block * 64 + 63])
    seen = by_blocks(query, torch.arange(128 * 64), heads=32, sparsity=BlockSparsity())[head, 0]
    return (seen.nonzero().flatten() // 64).unique().tolist()


@pytest.mark.parametrize(("block", "count"), [(0, 1), (15, 16), (16, 16), (31, 18), (63, 22), (100, 26), (127, 30)])
def test_blocks_seen_by_the_first_head(block: int, count: int) -> None:
    assert len(visible_blocks(block, head=0)) == count


def test_heads_see_other_far_blocks() -> None:
    assert visible_blocks(20, head=0) == list(range(5, 21))
    assert visible_blocks(20, head=3) == list(range(4, 21))


def test_within_a_block_no_token_sees_a_later_one() -> None:
    positions = torch.arange(200)
    seen = by_blocks(positions, positions, heads=4, sparsity=BlockSparsity())
    assert not seen[:, torch.ones(200, 200).triu(1).bool()].any()
    assert seen[:, positions, positions].all()


def test_every_second_layer_is_dense_beginning_with_the_second() -> None:
    assert [BlockSparsity().sparse(layer) for layer in range(4)] == [True, False, True, False]
