"""Word dropout takes whole words without rescaling; locked dropout takes features of whole sentences."""

from __future__ import annotations

import torch

from syntagma.encoders.dropout import LockedDropout, WordDropout


def test_word_dropout_takes_whole_words_and_keeps_the_rest_as_they_are() -> None:
    torch.manual_seed(0)
    dropped = WordDropout(0.5)(torch.full((40, 30, 4), 2.0))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(dropped.amin(-1), dropped.amax(-1))
    assert 0.4 < (dropped[..., 0] == 0).float().mean() < 0.6


def test_locked_dropout_has_one_mask_a_sentence_and_rescales() -> None:
    torch.manual_seed(0)
    dropped = LockedDropout(0.5)(torch.ones(40, 5, 30))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(dropped.amin(1), dropped.amax(1))
    assert not torch.equal(dropped[0], dropped[1])


def test_neither_does_anything_when_not_training() -> None:
    vectors = torch.randn(2, 3, 4)
    for module in (WordDropout(0.9), LockedDropout(0.9)):
        assert torch.equal(module.eval()(vectors), vectors)
