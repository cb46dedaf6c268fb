"""Layers of trees, graphs and segments: what they learn from, what they write, and that padding changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from syntagma.encoders import Hashed
from syntagma.errors import LabelError
from syntagma.models import GraphLayer, Layer, SegmentLayer, Tagger, TreeLayer
from syntagma.models.head_inference import EveryHeadAlone, SecondOrderMeanField, Trees
from syntagma.models.layer import padded
from syntagma.scorers import BiaffineHeads, BiaffineSpans, RelativeHead, RelativeHeads
from syntagma.structures import ArcGraph, ArcStructure, Segments, cross_entropy
from syntagma.text.document import Arc, Sentence, Token, TokenSpan

RELATIONS = ["nsubj", "obj", "root"]
LABELS = [RelativeHead(None, 2), RelativeHead(1, 0), RelativeHead(-1, 1), RelativeHead(-1, 0)]


def sentence(*words: str) -> Sentence:
    return Sentence([Token(word, 10 * index, 10 * index + len(word)) for index, word in enumerate(words)])


def parsed() -> Sentence:
    made = sentence("Ann", "met", "Bob")
    made.trees["dependencies"] = [Arc(2, "nsubj"), Arc(0, "root"), Arc(2, "obj")]
    made.graphs["enhanced"] = [[Arc(2, "nsubj"), Arc(3, "obj")], [Arc(0, "root")], []]
    made.spans["ner"] = [TokenSpan(0, 1, "PER"), TokenSpan(1, 3, "LOC")]
    return made


def biaffine(second_order: bool = False) -> BiaffineHeads:
    hidden = 4 if second_order else None
    return BiaffineHeads(8, 3, arc_hidden=6, relation_hidden=5, second_order_hidden=hidden)


TREES: dict[str, Callable[[], TreeLayer]] = {
    name: lambda inference=inference, second=second: TreeLayer(  # type: ignore[misc]
        "dependencies", RELATIONS, biaffine(second), inference=inference
    )
    for name, inference, second in (
        ("projective", Trees("projective"), False),
        ("nonprojective", Trees("nonprojective"), False),
        ("several roots", Trees("nonprojective", single_root=False), False),
        ("heads", EveryHeadAlone(), False),
        ("second order", SecondOrderMeanField(2), True),
    )
}
TREES["relative heads"] = lambda: TreeLayer(
    "dependencies", RELATIONS, RelativeHeads(8, 3, LABELS), inference=EveryHeadAlone()
)
LAYERS: dict[str, Callable[[], Layer]] = {
    **TREES,
    "graph": lambda: GraphLayer("enhanced", RELATIONS, biaffine()),
    "segments": lambda: SegmentLayer("ner", ["LOC", "PER"], BiaffineSpans(8, 2, hidden=4)),
}


def tagger(layer: Layer) -> Tagger:
    torch.manual_seed(3)
    made = Tagger(Hashed(width=8, rows=50), {layer.name: layer})
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    return made.eval()


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_the_loss_is_the_surprise_at_what_the_sentence_says(make: Callable[[], Layer]) -> None:
    model = tagger(layer := make())
    known = parsed()
    dist = model.distributions([known])[layer.name]
    gold = layer.encode(known)
    assert gold is not None
    expected = -dist.log_prob(gold.unsqueeze(0))[0] / 3
    torch.testing.assert_close(model.loss([known]), expected)
    mates = [sentence("a", "longer", "mate", "without", "annotation"), known]
    torch.testing.assert_close(model.loss(mates) * 8, expected * 3)


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_what_is_learned_is_written_back(make: Callable[[], Layer]) -> None:
    torch.manual_seed(1)
    layer = make()
    model = Tagger(Hashed(width=8, rows=50), {layer.name: layer})
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(150):
        optimizer.zero_grad()
        model.loss([parsed()]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    found = [sentence("a", "longer", "mate", "in", "the", "batch"), sentence("Ann", "met", "Bob")]
    model.eval().annotate(found)
    known, guess = parsed(), found[1]
    if layer.kind == "tree":
        assert [(arc.head, arc.relation) for arc in guess.trees["dependencies"]] == [
            (arc.head, arc.relation) for arc in known.trees["dependencies"]
        ]
    elif layer.kind == "graph":
        assert [[(arc.head, arc.relation) for arc in arcs] for arcs in guess.graphs["enhanced"]] == [
            [(arc.head, arc.relation) for arc in arcs] for arcs in known.graphs["enhanced"]
        ]
    else:
        assert [(s.first, s.stop, s.label) for s in guess.spans["ner"]] == [(0, 1, "PER"), (1, 3, "LOC")]


@pytest.mark.parametrize("make", TREES.values(), ids=TREES)
def test_a_tree_with_one_root_is_written_and_its_confidence_is_the_arcs_probability(
    make: Callable[[], TreeLayer],
) -> None:
    model = tagger(make())
    mate, target = sentence("one", "two", "three", "four", "five"), sentence("Ann", "met", "Bob")
    model.annotate([mate, target])
    dist = model.distributions([target])["dependencies"]
    assert isinstance(dist, ArcStructure)
    marginals = dist.marginals().relations
    assert marginals is not None
    for found in (mate, target):
        heads = [arc.head for arc in found.trees["dependencies"]]
        assert heads.count(0) == 1
        for word in range(len(heads)):
            seen = set()
            while word >= 0:  # up to the root without meeting a word twice
                assert word not in seen
                seen.add(word)
                word = heads[word] - 1
    for word, arc in enumerate(target.trees["dependencies"]):
        expected = marginals[0, word, arc.head, RELATIONS.index(arc.relation)].item()
        assert arc.confidence == pytest.approx(expected, abs=1e-5)


def test_heads_that_choose_alone_become_the_most_probable_tree() -> None:
    """Words 1 and 2 each want the other as head; the tree of greatest product is looked for among all."""
    from itertools import product

    model = tagger(TREES["heads"]())
    target = sentence("Ann", "met", "Bob")
    dist = model.distributions([target])["dependencies"]
    arcs = dist.marginals().arcs[0]  # type: ignore[attr-defined]
    trees = [
        heads
        for heads in product(range(4), repeat=3)
        if heads.count(0) == 1 and all(_reaches_root(word, heads) for word in range(3))
    ]
    best = max(trees, key=lambda heads: sum(arcs[word, head].log().item() for word, head in enumerate(heads)))
    model.annotate([target])
    assert tuple(arc.head for arc in target.trees["dependencies"]) == best


def _reaches_root(word: int, heads: tuple[int, ...]) -> bool:
    for _ in heads:
        if heads[word] == 0:
            return True
        word = heads[word] - 1
    return False


def test_a_spans_confidence_is_its_marginal() -> None:
    model = tagger(LAYERS["segments"]())
    target = sentence("Ann", "met", "Bob", "there")
    dist = model.distributions([target])["ner"]
    assert isinstance(dist, Segments)
    spans = dist.marginals().spans
    model.annotate([sentence("one", "two", "three", "four", "five", "six"), target])
    assert target.spans["ner"]
    for span in target.spans["ner"]:
        expected = spans[0, span.first, span.stop - span.first - 1, ["LOC", "PER"].index(span.label)].item()
        assert span.confidence == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_temperature_divides_every_score(make: Callable[[], Layer]) -> None:
    model = tagger(layer := make())
    target = parsed()
    before = model.distributions([target])[layer.name].entropy()
    layer.temperature.fill_(1000.0)
    flat = model.distributions([target])[layer.name]
    assert flat.entropy() > before
    gold = layer.encode(target)
    assert gold is not None
    if isinstance(flat, ArcGraph):
        torch.testing.assert_close(flat.marginals().arcs.sum() / 9, torch.tensor(0.5), rtol=0, atol=0.01)
    else:
        torch.testing.assert_close(cross_entropy(gold.unsqueeze(0), flat), flat.entropy(), rtol=0.02, atol=0.02)


def test_what_cannot_be_learned_is_said() -> None:
    tree, graph, segments = TREES["nonprojective"](), LAYERS["graph"](), LAYERS["segments"]()
    wrong = parsed()
    wrong.where = "file:7"
    wrong.trees["dependencies"][0] = Arc(2, "nsubjj")
    wrong.graphs["enhanced"][0] = [Arc(2, "nsubjj")]
    wrong.spans["ner"] = [TokenSpan(0, 1, "PRE")]
    for layer, message in ((tree, "relation 'nsubjj'"), (graph, "relation 'nsubjj'"), (segments, "type 'PRE'")):
        with pytest.raises(LabelError, match=f"file:7.*{message}"):
            layer.encode(wrong)
    narrow = SegmentLayer("ner", ["LOC", "PER"], BiaffineSpans(8, 2, widest=1))
    with pytest.raises(LabelError, match="a span of 2 words in layer 'ner', whose spans have at most 1"):
        narrow.encode(parsed())
    far = parsed()
    far.trees["dependencies"][0] = Arc(3, "nsubj")
    with pytest.raises(LabelError, match="word 1 has head 3 by 'nsubj', for which layer 'dependencies' has no label"):
        TREES["relative heads"]().encode(far)


def test_trees_that_the_structure_cannot_have_are_left_out() -> None:
    crossing, circle = sentence("a", "b", "c", "d"), sentence("a", "b", "c")
    crossing.trees["dependencies"] = [Arc(3, "obj"), Arc(4, "obj"), Arc(0, "root"), Arc(3, "obj")]
    circle.trees["dependencies"] = [Arc(2, "obj"), Arc(1, "obj"), Arc(0, "root")]
    for name, knows_crossing, knows_circle in (
        ("projective", False, False),
        ("nonprojective", True, False),
        ("heads", True, True),
    ):
        layer = TREES[name]()
        assert (layer.encode(crossing) is not None) is knows_crossing
        assert (layer.encode(circle) is not None) is knows_circle
    model = tagger(TREES["projective"]())
    assert model.loss([crossing]).item() == 0.0
    torch.testing.assert_close(model.loss([crossing, parsed()]) * 7, model.loss([parsed()]) * 3)


def test_sentences_without_the_layer_are_not_annotated_in_it() -> None:
    for make in LAYERS.values():
        layer = make()
        assert layer.encode(sentence("Ann")) is None
        assert layer.gold([sentence("Ann")], torch.device("cpu")) is None


def test_padding_of_outputs() -> None:
    together = padded([torch.ones(1, 2, dtype=torch.int64), torch.zeros(2, 3, dtype=torch.int64)])
    assert together.tolist() == [[[1, 1, -1], [-1, -1, -1]], [[0, 0, 0], [0, 0, 0]]]
