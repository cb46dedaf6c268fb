"""The tagger: partial annotation, padding, and entity confidences that equal enumeration."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from syntagma.encoders import Hashed
from syntagma.errors import LabelError, RecipeError
from syntagma.models import LabelLayer, SpanCoding, TagCoding, Tagger
from syntagma.scorers import Vanilla
from syntagma.text.document import Sentence, Token, TokenSpan
from syntagma.text.label_schemes import LabelScheme

SCHEMES = list(LabelScheme)


def sentence(*words: str, upos: list[str] | None = None, ner: list[TokenSpan] | None = None) -> Sentence:
    tokens = [Token(word, 10 * index, 10 * index + len(word)) for index, word in enumerate(words)]
    for token, tag in zip(tokens, upos or [], strict=False):
        token.tags["upos"] = tag
    return Sentence(tokens, {} if ner is None else {"ner": ner})


def tagger(scheme: LabelScheme = LabelScheme.BIOES, *, scale: float = 1.0) -> Tagger:
    torch.manual_seed(3)
    encoder = Hashed(width=8, rows=50)
    codings = [TagCoding("upos", ["NOUN", "VERB"]), SpanCoding("ner", ["LOC", "PER"], scheme)]
    layers = {coding.layer: LabelLayer(coding, Vanilla(8, len(coding.labels))) for coding in codings}
    made = Tagger(encoder, layers)
    for layer in made.layers.values():
        for parameter in layer.parameters():
            torch.nn.init.normal_(parameter, std=scale)
    return made.eval()


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
@pytest.mark.parametrize("length", [1, 2, 4])
def test_entity_confidence_is_the_exact_posterior_of_the_span(scheme: LabelScheme, length: int) -> None:
    model = tagger(scheme)
    coding = model.layers["ner"].coding
    assert isinstance(coding, SpanCoding)
    words = ["Ann", "met", "New", "York"][:length]
    neighbour = sentence("a", "longer", "neighbour", "in", "the", "batch")
    target = sentence(*words)
    chain = model.distributions([target])["ner"]
    paths = list(product(range(len(coding.labels)), repeat=length))
    probabilities = chain.log_prob(torch.tensor([paths])).exp()[0].tolist()
    posterior: dict[tuple[int, int, str], float] = {}
    for path, probability in zip(paths, probabilities, strict=True):
        if probability > 0:
            for span in coding.decode(path):
                key = (span.first, span.stop, span.label)
                posterior[key] = posterior.get(key, 0.0) + probability

    model.annotate([neighbour, target])

    for span in target.spans["ner"]:
        assert span.confidence == pytest.approx(posterior[span.first, span.stop, span.label], abs=1e-5)
    everything = [TokenSpan(first, stop, label) for first, stop, label in posterior]
    from syntagma.models.span_posteriors import span_posteriors

    for span in span_posteriors(chain, coding, [everything])[0]:
        assert span.confidence == pytest.approx(posterior[span.first, span.stop, span.label], abs=1e-5)


def test_tag_confidence_is_the_marginal_of_the_tag() -> None:
    model, target = tagger(), sentence("Ann", "saw", "it")
    marginals = model.distributions([target])["upos"].marginals().emissions[0]
    model.annotate([sentence("x", "y", "z", "w"), target])
    labels = model.layers["upos"].coding.labels
    for token, row, confidence in zip(target.tokens, marginals, target.confidences["upos"], strict=True):
        assert confidence == pytest.approx(row[labels.index(token.tags["upos"])].item(), abs=1e-6)


def test_a_sentence_counts_only_in_the_layers_in_which_it_is_annotated() -> None:
    model = tagger()
    tags = sentence("Ann", "ran", upos=["NOUN", "VERB"])
    spans = sentence("Ann", "met", "Bob", ner=[TokenSpan(0, 1, "PER")])
    both = sentence("Ann", "ran", upos=["NOUN", "VERB"], ner=[])
    separate = model.loss([tags]) * 2 + model.loss([spans]) * 3
    assert model.loss([tags, spans]).item() == pytest.approx(separate.item() / 5, rel=1e-5)
    chain = model.distributions([both])["ner"]
    expected = model.loss([tags]) * 2 - chain.log_prob(torch.tensor([[0, 0]]))
    assert (model.loss([both]) * 2).item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_loss_has_gradients_for_every_parameter() -> None:
    model = tagger().train()
    model.loss([sentence("Ann", "ran", upos=["NOUN", "VERB"], ner=[TokenSpan(0, 1, "PER")])]).backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in model.parameters())


def test_batch_mates_change_nothing() -> None:
    model = tagger(scale=3.0)
    alone, together = sentence("Ann", "met", "Bob"), sentence("Ann", "met", "Bob")
    model.annotate([alone])
    model.annotate([sentence(*["a", "b", "c", "d", "e", "f", "g", "h"]), together, sentence("x")])
    assert [token.tags for token in alone.tokens] == [token.tags for token in together.tokens]
    assert [(s.first, s.stop, s.label) for s in alone.spans["ner"]] == [
        (s.first, s.stop, s.label) for s in together.spans["ner"]
    ]


def test_sentences_without_words_are_left_alone() -> None:
    model, empty = tagger(), Sentence([])
    model.annotate([empty])
    model.annotate([])
    assert empty.spans == {}


def test_an_unknown_label_is_named_with_its_place() -> None:
    wrong = sentence("Ann", upos=["NOUNN"])
    wrong.where = "train.conllu:7"
    with pytest.raises(LabelError, match=r"train\.conllu:7: the label 'NOUNN' of layer 'upos' .*NOUN, VERB.*types"):
        tagger().loss([wrong])


@pytest.mark.parametrize("name", ["a.b", "", "a b", "keys", "../x"])
def test_wrong_names_of_layers_are_told(name: str) -> None:
    layer = LabelLayer(TagCoding(name, ["X"]), Vanilla(8, 1))
    with pytest.raises(RecipeError, match="cannot name a layer"):
        Tagger(Hashed(width=8, rows=50), {name: layer})
