"""Concatenation: blocks at fixed places, a mask that is saved, members that are masked and never run."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from syntagma.encoders import Concatenation, Encoder, WordVectors
from syntagma.encoders.encoder import lengths_of, word_mask
from syntagma.errors import RecipeError
from syntagma.text.view import View


class Lengths(Encoder):
    """A word's vector is its length times learned weights; counts its runs."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.runs = 0
        self.scale = torch.nn.Parameter(torch.randn(width))

    def forward(self, views: Sequence[View]) -> WordVectors:
        self.runs += 1
        lengths = lengths_of(views, self.device)
        vectors = torch.zeros(len(views), int(max(lengths, default=0)), self.width)
        for row, view in enumerate(views):
            for at, word in enumerate(view.words):
                vectors[row, at] = len(word) * self.scale
        return WordVectors(vectors, lengths)


VIEWS = [View(["one", "three"]), View(["a"]), View([])]


def both(mask: Sequence[bool] | None = None) -> Concatenation:
    return Concatenation({"first": Lengths(2), "second-one": Lengths(3)}, mask)


def test_blocks_lie_side_by_side_in_order() -> None:
    encoder = both()
    vectors, lengths = encoder(VIEWS)
    assert encoder.width == 5
    assert lengths.tolist() == [2, 1, 0]
    first, second = encoder.members["first"], encoder.members["second-one"]
    torch.testing.assert_close(vectors, torch.cat([first(VIEWS).vectors, second(VIEWS).vectors], -1))
    assert not vectors[~word_mask(lengths, 2)].any()


@pytest.mark.parametrize("training", [True, False])
def test_a_masked_member_is_zero_and_not_run(training: bool) -> None:
    encoder = both([False, True]).train(training)
    vectors = encoder(VIEWS).vectors
    assert vectors.shape == (3, 2, 5)
    assert not vectors[..., :2].any()
    torch.testing.assert_close(vectors[..., 2:], encoder.members["second-one"](VIEWS).vectors)
    assert encoder.members["first"].runs == 0
    assert encoder.active == ("second-one",)


def test_the_mask_is_saved_with_the_weights() -> None:
    encoder, other = both([True, False]), both()
    other.load_state_dict(encoder.state_dict())
    assert other.active == ("first",)
    torch.testing.assert_close(other(VIEWS).vectors, encoder(VIEWS).vectors)


def test_a_masked_member_has_no_gradient() -> None:
    encoder = both([True, False])
    encoder(VIEWS).vectors.sum().backward()
    assert encoder.members["first"].scale.grad is not None
    assert encoder.members["second-one"].scale.grad is None


def test_no_views() -> None:
    assert both()([]).vectors.shape == (0, 0, 5)


def test_wrong_masks_are_told() -> None:
    with pytest.raises(RecipeError, match=r"a mask of 1 for 2 members\. Give one value for each: first, second-one"):
        both([True])
    with pytest.raises(RecipeError, match=r"a mask that leaves no member\. Keep at least one of: first, second-one"):
        both([False, False])


@pytest.mark.parametrize("name", ["a.b", "", "a b", "keys", "../x"])
def test_wrong_names_are_told(name: str) -> None:
    with pytest.raises(RecipeError, match="cannot name a member"):
        Concatenation({name: Lengths(2)})


def test_no_members() -> None:
    with pytest.raises(RecipeError, match="without members"):
        Concatenation({})
