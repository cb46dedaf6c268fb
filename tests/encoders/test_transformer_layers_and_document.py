"""The transformer's learned mean of layers, and the words around a sentence in its document."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from syntagma.encoders import Encoder, Recurrent, Transformer, TransformerOptions
from syntagma.errors import RecipeError
from syntagma.learning.optimizer import build_optimizer
from syntagma.text.document import Document, Sentence, Token
from syntagma.text.view import View, view_of

pytest.importorskip("transformers", reason="the extra 'transformers' is not installed")


def vectors(encoder: Encoder, *views: View) -> torch.Tensor:
    with torch.no_grad():
        return encoder(views).vectors


def hidden_states(encoder: Transformer, words: list[str]) -> tuple[torch.Tensor, ...]:
    tokens = encoder.tokenizer(words, is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        states: tuple[torch.Tensor, ...] = encoder.model(**tokens, output_hidden_states=True).hidden_states
    return states


def test_layers_are_mixed_by_learned_shares(tiny_bert: Path) -> None:
    encoder = Transformer.from_name(tiny_bert, TransformerOptions(layers="mix")).eval()
    assert encoder.mix is not None
    states = hidden_states(encoder, ["a", "on"])
    torch.testing.assert_close(vectors(encoder, View(["a", "on"]))[0], torch.stack(states).mean(0)[0, 1:3])
    with torch.no_grad():
        encoder.mix.weights.copy_(torch.tensor([0.0, 1.0, -2.0, 0.5, 3.0, 0.1]))
        encoder.mix.scale.fill_(1.7)
    shares = encoder.mix.weights.detach().exp() / encoder.mix.weights.detach().exp().sum()
    expected = 1.7 * sum(share * state for share, state in zip(shares, states, strict=True))[0, 1:3]
    torch.testing.assert_close(vectors(encoder, View(["a", "on"]))[0], expected)
    torch.testing.assert_close(encoder.read_by("mean").eval()([View(["a", "on"])]).vectors[0].detach(), expected)


def test_shares_are_learned_also_over_a_fixed_model_and_at_the_common_rate(tiny_bert: Path) -> None:
    encoder = Transformer.from_name(tiny_bert, TransformerOptions(tuned=False, layers="mix"))
    encoder([View(["a", "on"])]).vectors.square().sum().backward()
    learned = {name: p.grad for name, p in encoder.named_parameters() if p.requires_grad}
    assert set(learned) == {"mix.weights", "mix.scale"}
    assert all(grad is not None and grad.any() for grad in learned.values())
    optimizer = build_optimizer(
        nn.ModuleDict({"encoder": encoder}),
        kind="sgd",
        learning_rate=0.5,
        transformer_learning_rate=0.001,
        layer_decay=1.0,
        weight_decay=0.0,
    )
    assert [group["lr"] for group in optimizer.param_groups] == [0.5]


def test_mixing_is_kept_with_the_weights(tiny_bert: Path, tmp_path: Path) -> None:
    encoder = Transformer.from_name(tiny_bert, TransformerOptions(layers="mix")).eval()
    nn.init.normal_(encoder.mix.weights)  # type: ignore[union-attr]
    encoder.save_assets(tmp_path)
    again = Transformer.from_assets(tmp_path, encoder.options).eval()
    again.load_state_dict(encoder.state_dict())
    torch.testing.assert_close(vectors(again, View(["a", "on"])), vectors(encoder, View(["a", "on"])))
    torch.testing.assert_close(vectors(copy.deepcopy(encoder), View(["a"])), vectors(encoder, View(["a"])))


@pytest.fixture
def reader(tiny_bert: Path) -> Transformer:
    """Its window of 24 ids has room for 22 letters."""
    return Transformer.from_name(tiny_bert, TransformerOptions(context="document")).eval()


def test_words_around_are_read_and_not_returned(reader: Transformer) -> None:
    found = vectors(reader, View(["c", "d"], before=["a", "b"], after=["e"]))
    torch.testing.assert_close(found[0], vectors(reader, View(list("abcde")))[0, 2:4])
    assert not torch.allclose(found[0], vectors(reader, View(["c", "d"]))[0])


@pytest.mark.parametrize(
    ("before", "after", "read"),
    [
        (30, 30, (10, 10)),  # half of the room of 20 on each side
        (30, 4, (16, 4)),  # what one side does not need is the other's
        (3, 30, (3, 17)),
        (5, 6, (5, 6)),
        (0, 30, (0, 20)),
        (30, 0, (20, 0)),
    ],
)
def test_the_nearest_words_fill_the_window(reader: Transformer, before: int, after: int, read: tuple[int, int]) -> None:
    left, right = [*"abcdefghij" * 3][:before], [*"klmnopqrst" * 3][:after]
    found = vectors(reader, View(["x", "y"], before=left, after=right))
    whole = [*left[len(left) - read[0] :], "x", "y", *right[: read[1]]]
    expected = vectors(reader, View(whole))[0, read[0] : read[0] + 2]
    torch.testing.assert_close(found[0], expected)


def test_own_words_and_given_context_come_first(reader: Transformer) -> None:
    plain, around = [View(list("abcd") * n) for n in (5, 9)], {"before": ["x"] * 9, "after": ["y"] * 9}
    fits, does_not = (View(view.words, **around) for view in plain)
    torch.testing.assert_close(vectors(reader, does_not), vectors(reader, plain[1]))
    assert not torch.allclose(vectors(reader, fits), vectors(reader, plain[0]))
    full = View(["a", "b"], context=[list("cdefghijklmnopqrstu")])  # two words, a separator, nineteen words
    torch.testing.assert_close(vectors(reader, View(full.words, full.context, **around)), vectors(reader, full))  # type: ignore[arg-type]


def test_without_the_option_the_words_around_are_not_looked_at(tiny_bert: Path) -> None:
    encoder = Transformer.from_name(tiny_bert).eval()
    found = vectors(encoder, View(["c"], before=["a"], after=["b"]))
    torch.testing.assert_close(found, vectors(encoder, View(["c"])))


def test_a_batch_with_and_without_words_around(reader: Transformer) -> None:
    views = [View(["a"], before=["b"] * 40), View([], before=["c"]), View(list("abc") * 12), View(["d"], after=["e"])]
    together = vectors(reader, *views)
    for row, view in enumerate(views):
        torch.testing.assert_close(together[row, : len(view.words)], vectors(reader, view)[0], atol=1e-5, rtol=1e-5)


def test_a_document_tells_its_sentences_what_stands_around_them(reader: Transformer) -> None:
    sentences = [Sentence([Token(word, 0, 1) for word in words]) for words in ("ab", "", "cde", "f")]
    document = Document("", sentences)
    assert view_of(sentences[2]) == View(["c", "d", "e"])
    document.place_sentences()
    assert view_of(sentences[0]) == View(["a", "b"], before=[], after=["c", "d", "e", "f"])
    assert view_of(sentences[2]) == View(["c", "d", "e"], before=["a", "b"], after=["f"])
    assert view_of(sentences[3]) == View(["f"], before=list("abcde"), after=[])
    inner = Recurrent(reader, hidden=3).eval()
    assert not torch.allclose(vectors(inner, view_of(sentences[3])), vectors(inner, View(["f"])))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"layers": "first"}, "layers = 'first' is not known. Choose one of: last, average, mix"),
        ({"context": "book"}, "context = 'book' is not known. Choose one of: given, document"),
    ],
)
def test_a_choice_that_there_is_not(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        TransformerOptions(**wrong)
