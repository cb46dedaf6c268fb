"""Arcs are drawn where nothing else is, labels fit between their ends, and what is drawn is also said."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

from hypothesis import given, strategies as st

from syntagma.drawings import Arc, arcs
from syntagma.drawings.arc_layout import GAP, ROOM, ArcEnds, ArcLayout, arc_levels

SVG = "{http://www.w3.org/2000/svg}"


def shapes(picture: str, name: str, kind: str = "") -> list[ElementTree.Element]:
    """The elements of this name whose class holds `kind`."""
    found = ElementTree.fromstring(picture).iter(SVG + name)
    return [shape for shape in found if kind in shape.get("class", "").split() or not kind]


def texts(picture: str) -> list[str]:
    return [str(shape.text) for shape in shapes(picture, "text")]


def places(picture: str) -> dict[str, float]:
    """Where each text stands from the left."""
    return {str(shape.text): float(shape.get("x", 0)) for shape in shapes(picture, "text")}


@st.composite
def ends(draw: st.DrawFn) -> tuple[int, list[ArcEnds]]:
    words = draw(st.integers(1, 8))
    each = st.builds(ArcEnds, st.integers(0, words), st.integers(1, words), st.floats(0, 200))
    return words, draw(st.lists(each, max_size=12))


def stretch(arc: ArcEnds) -> tuple[float, float]:
    return (arc.low, arc.high) if arc.low < arc.high else (arc.low - 0.5, arc.low + 0.5)


@given(ends())
def test_no_two_arcs_share_a_stretch_at_one_level(drawn: tuple[int, list[ArcEnds]]) -> None:
    _, found = drawn
    levels = arc_levels(found)
    for (one, level), (other, height) in combinations(zip(found, levels, strict=True), 2):
        (left, right), (start, end) = stretch(one), stretch(other)
        if one.head and other.head and left < end and start < right:
            assert level != height
            longer = (one.high - one.low) - (other.high - other.low)
            assert longer == 0 or (level > height) == (longer > 0)
    inner = [level for arc, level in zip(found, levels, strict=True) if arc.head]
    roots = [level for arc, level in zip(found, levels, strict=True) if not arc.head]
    assert min(levels, default=1) >= 1
    assert all(root > max(inner, default=0) for root in roots)


@given(ends(), st.booleans())
def test_words_labels_and_ends_have_their_room(drawn: tuple[int, list[ArcEnds]], mirrored: bool) -> None:
    words, found = drawn
    widths = [10.0 * (word + 1) for word in range(words)]
    layout = ArcLayout(widths, found, mirrored=mirrored)
    middles = layout.middles[::-1] if mirrored else layout.middles
    sizes = widths[::-1] if mirrored else widths
    for before, after, left, right in zip(middles, middles[1:], sizes, sizes[1:], strict=False):
        assert after - before >= (left + right) / 2 + GAP - 1e-6
    assert middles[0] >= sizes[0] / 2
    assert layout.width - middles[-1] >= sizes[-1] / 2
    for arc, place in zip(found, layout.places, strict=True):
        if arc.head and arc.low < arc.high:
            assert abs(place.end - place.start) >= arc.label_width + ROOM - 1e-6
            assert (place.start < place.end) == ((arc.head < arc.word) != mirrored)
    ended = [place.end for place in layout.places] + [
        place.start for arc, place in zip(found, layout.places, strict=True) if arc.head
    ]
    roots = sum(not arc.head for arc in found)
    assert len({round(x, 3) for x in ended}) >= len(ended) - roots  # several arcs of the root reach a word at one place


def test_arcs_that_share_a_stretch_lie_at_different_heights() -> None:
    drawn = [Arc(2, 1, "det"), Arc(4, 2), Arc(4, 3), Arc(0, 4), Arc(7, 5), Arc(7, 6), Arc(2, 7, "x", 0.5, False)]
    picture = arcs([str(number) for number in range(1, 8)], drawn).file()
    assert len(shapes(picture, "path", "line")) == len(drawn)
    assert len(shapes(picture, "path", "best")) == 2 * 6  # line and point
    assert "det" in texts(picture)
    assert "x" not in texts(picture)
    horizontal = [_horizontal(shape.get("d", "")) for shape in shapes(picture, "path", "line")]
    for one, other in combinations([line for line in horizontal if line], 2):
        (left, right, height), (start, end, level) = one, other
        assert height != level or right <= start or end <= left


def _horizontal(path: str) -> tuple[float, float, float] | None:
    """Left, right and height of the level stretch of an arc; None for an arc from the root."""
    if "Q" not in path:
        return None
    corner, rest = path.split("Q")[1].split("H")
    _, _, start, height = map(float, corner.split())
    end = float(rest)
    return min(start, end), max(start, end), height


def test_the_probable_is_drawn_stronger_and_says_so() -> None:
    picture = arcs(["Ada", "<left>"], [Arc(2, 1, "nsubj", 0.5), Arc(0, 2, "", 1.0)]).file()
    first, second = shapes(picture, "g", "arc")
    assert float(first.get("opacity", 1)) < float(second.get("opacity", 0)) == 1.0
    assert first.findtext(SVG + "title") == "<left> → Ada (nsubj): 0.500"
    assert second.findtext(SVG + "title") == "→ <left> (root): 1.000"
    assert [shape.text for shape in shapes(picture, "desc")] == ["<left> → Ada (nsubj); → <left> (root)"]
    assert ElementTree.fromstring(picture).get("role") == "img"


def test_arabic_and_hebrew_run_from_the_right() -> None:
    drawn = [Arc(2, 1, "x"), Arc(0, 2)]
    assert places(arcs(["(a", "b"], drawn).file())["(a"] < places(arcs(["(a", "b"], drawn).file())["b"]
    for words in (["شرب", "b"], ["(", "אב"]):
        found = places(arcs(words, drawn).file())
        assert found[words[0]] > found[words[1]]


def test_words_stand_over_tags_and_long_ones_are_cut() -> None:
    word = "https://example.org/" + "a" * 60
    picture = arcs([word, "😀"], [Arc(0, 1), Arc(1, 2)], ["X", "SYM"]).file()
    assert texts(picture) == ["root", word[:29] + "…", "X", "😀", "SYM"]
    assert word in [shape.text for shape in shapes(picture, "title")]
    assert "X" not in texts(arcs(["a"], []).file())


def test_a_drawing_is_a_file_or_a_part_of_a_page() -> None:
    drawing = arcs([], [])
    assert drawing.file()._repr_svg_() == drawing.file()
    assert "<style>" in drawing.file()
    assert "<style>" not in drawing.inline()
    assert 'xmlns="http' not in drawing.inline()
