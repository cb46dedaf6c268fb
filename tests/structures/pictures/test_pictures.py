"""Pictures are well-formed files of their own, say what they show, and draw the probable larger."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
import torch

from syntagma.errors import StructureError
from syntagma.structures import ArcGraph, IndependentLabels, LinearChain, NonProjectiveTree, Segments
from syntagma.structures.pictures import LabelledSpan, heat_map, lattice, picture, spans

WORDS = ["Ada", "<Lovelace>", "spoke\x00"]
LABELS = ["O", "B&B"]
SVG = "{http://www.w3.org/2000/svg}"


def shapes(picture: str, name: str, kind: str = "") -> list[ElementTree.Element]:
    """The elements of this name whose class holds `kind`."""
    found = ElementTree.fromstring(picture).iter(SVG + name)
    return [shape for shape in found if kind in shape.get("class", "").split() or not kind]


def titles(picture: str) -> list[str]:
    return [str(shape.text) for shape in shapes(picture, "title")]


def texts(picture: str) -> list[str]:
    return [str(shape.text) for shape in shapes(picture, "text")]


@pytest.fixture
def chain() -> LinearChain:
    emissions = torch.tensor([[[0.0, 2.0], [1.0, 0.0], [0.0, 0.0]]])
    return LinearChain(emissions, torch.tensor([[0.0, -torch.inf], [1.0, 0.0]]))


def test_a_lattice_has_a_disc_for_each_label_and_lines_for_what_is_possible(chain: LinearChain) -> None:
    parts, best = chain.marginals(), chain.argmax().labels[0].tolist()
    picture = lattice(parts, WORDS, LABELS, best)
    assert len(shapes(picture, "circle")) == 6
    assert len(shapes(picture, "circle", "best")) == 3
    assert len(shapes(picture, "line", "best")) == 2
    assert len(shapes(picture, "line")) == int((parts.transitions >= 0.02).sum())
    assert f"<Lovelace>, O: {parts.emissions[0, 1, 0]:.3f}" in titles(picture)
    sizes = [float(shape.get("r", 0)) for shape in shapes(picture, "circle")]
    assert (sizes[0] < sizes[1]) == (parts.emissions[0, 0, 0] < parts.emissions[0, 0, 1])


def test_a_heat_map_has_a_cell_for_each_pair_and_a_frame_for_each_best(chain: LinearChain) -> None:
    picture = heat_map(chain.label_marginals()[0], WORDS, LABELS, [1, None, 0])
    assert len(shapes(picture, "rect", "shade")) == 6
    assert len(shapes(picture, "rect", "chosen")) == 2
    shades = [float(shape.get("fill-opacity", 0)) for shape in shapes(picture, "rect", "shade")]
    values = chain.label_marginals()[0].flatten().tolist()
    assert sorted(shades) == [shade for _, shade in sorted(zip(values, shades, strict=True))]
    assert texts(picture) == ["Ada", "<Lovelace>", "spoke\ufffd", "O", "B&B"]


def test_spans_that_overlap_lie_in_different_rows_and_the_best_come_first() -> None:
    drawn = [LabelledSpan(0, 2, "PER", 0.6, False), LabelledSpan(1, 2, "ORG", 0.3), LabelledSpan(0, 1, "LOC", 0.1)]
    picture = spans(WORDS, drawn)
    heights = {str(shape.text).split()[0]: shape.get("y") for shape in shapes(picture, "text")[3:]}
    assert heights["LOC"] == heights["ORG"] != heights["PER"]
    assert len(shapes(picture, "rect", "chosen")) == 2
    assert "PER: 0.600" in titles(picture)


LENGTHS = torch.tensor([3, 2])


def test_a_row_of_a_chain_is_drawn_by_its_own_length() -> None:
    emissions = torch.randn(2, 3, 2, requires_grad=True)
    drawn = picture(LinearChain(emissions, torch.zeros(2, 2), lengths=LENGTHS), WORDS[:2], LABELS, row=1)
    assert len(shapes(drawn, "circle")) == 4
    assert emissions.grad is None


def test_independent_labels_are_a_heat_map() -> None:
    dist = IndependentLabels(torch.tensor([[[9.0, 0.0], [0.0, 9.0]]]))
    drawn = picture(dist, WORDS[:2], LABELS)
    assert [float(shape.get("y", 0)) for shape in shapes(drawn, "rect", "chosen")] == [34.0, 60.0]


def test_a_labelled_tree_has_its_relations_at_its_arcs() -> None:
    arcs_scores = torch.full((1, 3, 4), -9.0)
    relations = torch.zeros(1, 3, 4, 2)
    for word, head in enumerate([2, 0, 1]):
        arcs_scores[0, word, head], relations[0, word, head, 1] = 9.0, 5.0
    drawn = picture(NonProjectiveTree(arcs_scores, relations=relations), WORDS, ["dep", "obj"])
    assert texts(drawn).count("obj") == 3
    assert len(shapes(drawn, "path", "line")) == 3


def test_a_graph_draws_all_heads_of_a_word() -> None:
    scores = torch.full((1, 3, 4), -9.0)
    scores[0, 2, 1] = scores[0, 2, 2] = scores[0, 0, 0] = 9.0
    assert len(shapes(picture(ArcGraph(scores), WORDS), "path", "line")) == 3


def test_segments_draw_the_best_and_what_is_likely_beside() -> None:
    scores = torch.full((1, 3, 2, 1), -9.0)
    scores[0, 0, 1, 0], scores[0, 0, 0, 0] = 2.0, 1.0
    drawn = picture(Segments(scores), WORDS, ["PER"])
    assert len(shapes(drawn, "rect", "shade")) == 2
    assert len(shapes(drawn, "rect", "chosen")) == 1


@pytest.mark.parametrize(
    ("words", "names", "row", "found"),
    [
        (WORDS[:2], LABELS, 0, "2 words are given for row 0"),
        (WORDS, LABELS[:1], 0, "1 names are given"),
        (WORDS, LABELS, 2, "row 2 is asked for"),
    ],
)
def test_what_does_not_fit_is_not_drawn(words: list[str], names: list[str], row: int, found: str) -> None:
    chain = LinearChain(torch.zeros(2, 3, 2), torch.zeros(2, 2), lengths=LENGTHS)
    with pytest.raises(StructureError, match=found):
        picture(chain, words, names, row)
