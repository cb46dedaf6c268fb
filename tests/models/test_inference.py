"""Taggers with exact, mean-field and independent inference: the same calls, honest confidences, whatever the scorer."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
import torch

from syntagma.encoders import Hashed
from syntagma.learning.evaluation import evaluate_tagger
from syntagma.learning.temperature import calibrate
from syntagma.models import LabelLayer, SpanCoding, TagCoding, Tagger
from syntagma.models.inference import EveryWordAlone, ExactChain, Inference, MeanField
from syntagma.models.span_posteriors import span_posteriors
from syntagma.scorers import (
    DecomposedQuadrilinear,
    Scorer,
    SecondOrderScorer,
    SkipQuadrilinear,
    SkipTable,
    Softmax,
    ThreeBilinear,
    Vanilla,
)
from syntagma.structures import LinearChain
from syntagma.structures.independent import IndependentLabels
from syntagma.structures.mean_field import MeanFieldChain
from syntagma.text.document import Sentence, Token, TokenSpan
from syntagma.text.label_schemes import LabelScheme
from syntagma.text.view import View

MakeScorer = Callable[[int, int], Scorer]


def quadrilinear(width: int, labels: int) -> Scorer:
    return DecomposedQuadrilinear(width, labels, rank=4, label_width=3)


KINDS: dict[str, tuple[MakeScorer, Inference]] = {
    "vanilla, exact": (Vanilla, ExactChain()),
    "quadrilinear, exact": (quadrilinear, ExactChain()),
    "vanilla, mean field": (Vanilla, MeanField()),
    "three-bilinear, mean field": (lambda width, labels: ThreeBilinear(width, labels, label_width=3), MeanField(2)),
    "quadrilinear, mean field": (quadrilinear, MeanField()),
    "vanilla, second order": (
        lambda width, labels: SecondOrderScorer(Vanilla(width, labels), SkipTable(labels)),
        MeanField(),
    ),
    "quadrilinear, second order": (
        lambda width, labels: SecondOrderScorer(
            quadrilinear(width, labels), SkipQuadrilinear(width, labels, rank=4, label_width=3)
        ),
        MeanField(),
    ),
    "softmax, independent": (Softmax, EveryWordAlone()),
    "softmax, exact": (Softmax, ExactChain()),
}


def sentence(*words: str, upos: list[str] | None = None, ner: list[TokenSpan] | None = None) -> Sentence:
    tokens = [Token(word, 10 * index, 10 * index + len(word)) for index, word in enumerate(words)]
    for token, tag in zip(tokens, upos or [], strict=False):
        token.tags["upos"] = tag
    return Sentence(tokens, {} if ner is None else {"ner": ner})


def tagger(kind: str, scheme: LabelScheme = LabelScheme.BIOES, *, scale: float = 1.0) -> Tagger:
    torch.manual_seed(3)
    make, inference = KINDS[kind]
    codings = [TagCoding("upos", ["NOUN", "VERB"]), SpanCoding("ner", ["LOC", "PER"], scheme)]
    layers = {c.layer: LabelLayer(c, make(8, len(c.labels)), inference=inference) for c in codings}
    made = Tagger(Hashed(width=8, rows=50), layers)
    for layer in made.layers.values():
        for parameter in layer.parameters():
            torch.nn.init.normal_(parameter, std=scale)
    return made.eval()


GOLD = [
    sentence("Ann", "met", "Bob", upos=["NOUN", "VERB", "NOUN"], ner=[TokenSpan(0, 1, "PER"), TokenSpan(2, 3, "PER")]),
    sentence("Rain", upos=["NOUN"], ner=[]),
    sentence("New", "York", upos=["NOUN", "NOUN"], ner=[TokenSpan(0, 2, "LOC")]),
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_learns_annotates_is_measured_and_calibrated(kind: str) -> None:
    model = tagger(kind, scale=0.3).train()
    model.loss(GOLD).backward()
    scorer = model.layers["ner"].scorer
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.encoder.parameters())
    assert any(p.grad is not None and p.grad.any() for p in scorer.parameters())
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    for _ in range(60):
        optimizer.zero_grad()
        model.loss(GOLD).backward()
        optimizer.step()
    scores = evaluate_tagger(model.eval(), GOLD, name="gold")
    assert scores.layers[0].scores.accuracy == 1.0  # type: ignore[union-attr]
    assert scores.layers[1].scores.micro.f1 == 1.0  # type: ignore[union-attr]
    assert all(0.25 <= temperature <= 8 for temperature in calibrate(model, GOLD).values())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "exact" not in kind])
@pytest.mark.parametrize("scheme", LabelScheme, ids=str)
def test_without_pair_constraints_a_span_is_as_probable_as_all_sequences_that_are_read_so(
    kind: str, scheme: LabelScheme
) -> None:
    """Also those that the scheme forbids: the lenient decoding makes spans of them."""
    model = tagger(kind, scheme)
    coding = model.layers["ner"].coding
    assert isinstance(coding, SpanCoding)
    target = sentence("New", "York", "fell")
    labels = model.distributions([target])["ner"]
    paths = list(product(range(len(coding.labels)), repeat=3))
    probabilities = labels.log_prob(torch.tensor([paths])).exp()[0].tolist()
    assert sum(probabilities) == pytest.approx(1.0, abs=1e-5)
    posterior: dict[tuple[int, int, str], float] = {}
    for path, probability in zip(paths, probabilities, strict=True):
        for span in coding.decode(path):
            key = (span.first, span.stop, span.label)
            posterior[key] = posterior.get(key, 0.0) + probability
    everything = [TokenSpan(*key) for key in posterior]
    for span in span_posteriors(labels, coding, [everything], keeps_pairs=False)[0]:
        assert span.confidence == pytest.approx(posterior[span.first, span.stop, span.label], abs=1e-5)
    model.annotate([sentence("a", "longer", "neighbour", "here"), target])
    for span in target.spans["ner"]:
        assert span.confidence == pytest.approx(posterior[span.first, span.stop, span.label], abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_not_begin_or_end_a_sentence_has_no_probability(kind: str) -> None:
    model = tagger(kind, scale=3.0)
    layer = model.layers["ner"]
    marginals = model.distributions([sentence("a", "b", "c"), sentence("d")])["ner"].label_marginals()
    start, end = layer.start_mask, layer.end_mask
    assert start.any()
    assert not marginals[:, 0, start].any()
    assert not marginals[0, 2, end].any()
    assert not marginals[1, 0, end | start].any()


@pytest.mark.parametrize("kind", KINDS)
def test_batch_mates_change_nothing(kind: str) -> None:
    model = tagger(kind, scale=2.0)
    alone, together = sentence("Ann", "met", "Bob"), sentence("Ann", "met", "Bob")
    model.annotate([alone])
    model.annotate([sentence(*"abcdefgh"), together, sentence("x")])
    assert [token.tags for token in alone.tokens] == [token.tags for token in together.tokens]
    for one, other in zip(alone.spans["ner"], together.spans["ner"], strict=True):
        assert (one.first, one.stop, one.label) == (other.first, other.stop, other.label)
        assert one.confidence == pytest.approx(other.confidence, abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_temperature_changes_how_sure_the_tagger_is_and_not_what_it_says(kind: str) -> None:
    model, target = tagger(kind), sentence("Ann", "saw", "it")
    before = model.distributions([target])["upos"]
    model.layers["upos"].temperature.fill_(5.0)
    after = model.distributions([target])["upos"]
    assert torch.equal(before.argmax().labels, after.argmax().labels)
    assert after.entropy() > before.entropy()


def test_the_inferences_give_the_structures_that_they_name() -> None:
    target = [sentence("Ann", "met", "Bob"), sentence("Eve")]
    lengths = torch.tensor([3, 1])

    def scores_of(model: Tagger) -> tuple[torch.Tensor, ...]:
        words = model.encoder([View(sentence.words) for sentence in target])
        return model.layers["upos"].scorer(words.vectors, words.lengths)

    exact, field, alone = (tagger(f"vanilla, {kind}") for kind in ("exact", "mean field", "second order"))
    chain = LinearChain(*scores_of(exact)[:4], lengths)
    torch.testing.assert_close(exact.distributions(target)["upos"].log_partition(), chain.log_partition())
    first = MeanFieldChain(*scores_of(field)[:4], lengths)
    torch.testing.assert_close(field.distributions(target)["upos"].label_marginals(), first.label_marginals())
    scores = scores_of(alone)
    second = MeanFieldChain(*scores[:4], lengths, second=scores[4])
    torch.testing.assert_close(alone.distributions(target)["upos"].label_marginals(), second.label_marginals())
    softmax = tagger("softmax, independent")
    independent = IndependentLabels(scores_of(softmax)[0], lengths)
    torch.testing.assert_close(softmax.distributions(target)["upos"].label_marginals(), independent.label_marginals())
