"""Charts by their geometry: well-formed, inside their box, marks where the numbers say."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import example, given, strategies as st

from syntagma.learning.metrics import Bin, Calibration, Confusion
from syntagma.learning.report.charts import HEIGHT, WIDTH, Axis, Series, line_chart, ticks
from syntagma.learning.report.heat_map import MOST_LABELS, heat_map, left_out
from syntagma.learning.report.reliability import SIDE, reliability_diagram

X = Axis("epoch", [1.0, 2.0, 3.0], str)
Y = Axis("score", [0.0, 50.0, 100.0], str)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
@example(0.0, 5e-324)
def test_ticks_enclose_the_range_and_are_few(low: float, span: float) -> None:
    marks = ticks(low, low + span)
    slack = 1e-6 * max(abs(low), abs(low + span), 1.0)
    assert marks[0] <= low + slack
    assert marks[-1] >= low + span - slack
    assert 1 <= len(marks) <= 9
    assert marks == sorted(marks)


def test_ticks_are_round() -> None:
    assert ticks(0.0, 1.4) == [0.0, 0.5, 1.0, 1.5]
    assert ticks(35.0, 92.5) == [20.0, 40.0, 60.0, 80.0, 100.0]


def test_points_lie_where_their_values_are() -> None:
    chart = ElementTree.fromstring(line_chart("Scores", X, Y, [Series("ner", [(1.0, 0.0), (2.0, 50.0), (3.0, 100.0)])]))
    first, middle, last = chart.findall(".//circle")
    across, down = ([float(dot.attrib[name]) for dot in (first, middle, last)] for name in ("cx", "cy"))
    assert across[1] == pytest.approx((across[0] + across[2]) / 2)
    assert down[1] == pytest.approx((down[0] + down[2]) / 2)
    assert 0 < across[0] < across[2] < WIDTH
    assert HEIGHT > down[0] > down[2] > 0
    assert middle.findtext("title") == "ner, epoch 2.0: 50.0"


def test_a_legend_only_for_several_series() -> None:
    one = line_chart("t", X, Y, [Series("only", [(1.0, 1.0)])])
    two = line_chart("t", X, Y, [Series("first", [(1.0, 1.0)]), Series("<second>", [(1.0, 1.0)])])
    assert ">only<" not in one
    assert ">&lt;second&gt;<" in two


def test_a_long_legend_stands_in_rows_below() -> None:
    names = [f"candidate {number}" for number in range(9)]
    chart = ElementTree.fromstring(line_chart("Beliefs", X, Y, [Series(name, [(1.0, 1.0)]) for name in names]))
    height = float(chart.attrib["viewBox"].split()[3])
    places = {text.text: (float(text.attrib["x"]), float(text.attrib["y"])) for text in chart.findall("text")}
    below = [places[name] for name in names]
    assert all(0 < across < WIDTH - 7 * len(names[0]) and HEIGHT < down < height for across, down in below)
    assert len(set(below)) == 9
    assert len({down for _, down in below}) > 1


def test_one_epoch_divides_by_nothing() -> None:
    axis = Axis("epoch", [1.0], str)
    ElementTree.fromstring(line_chart("t", axis, Axis("loss", ticks(0.0, 0.0), str), [Series("a", [(1.0, 0.0)])]))


def test_a_heat_map_has_a_cell_for_each_pair() -> None:
    chart = ElementTree.fromstring(heat_map(Confusion(["A", "<B>", "(none)"], [[3, 1, 0], [0, 2, 2], [1, 0, 0]])))
    cells = [cell.findtext("title") for cell in chart.findall("g[@class='cell']")]
    assert len(cells) == 8
    assert "gold <B>, predicted (none): 2 of 4" in cells
    assert "gold (none), predicted (none): 0 of 1" not in cells


def test_a_heat_map_keeps_the_frequent_labels_in_their_order() -> None:
    size = MOST_LABELS + 3
    counts = [[row + 1 if row == column else 0 for column in range(size)] for row in range(size)]
    confusion = Confusion([f"L{number}" for number in range(size)], counts)
    chart = heat_map(confusion)
    assert left_out(confusion) == 3
    assert ">L2<" not in chart
    assert chart.index(">L3<") < chart.index(">L4<")


def test_an_empty_heat_map_and_an_empty_diagram_are_drawn() -> None:
    ElementTree.fromstring(heat_map(Confusion([], [])))
    ElementTree.fromstring(reliability_diagram(Calibration(0.0, 0, [])))


def test_a_reliability_bar_is_as_high_as_its_accuracy() -> None:
    chart = ElementTree.fromstring(reliability_diagram(Calibration(0.2, 5, [Bin(0.5, 1.0, 5, 0.8, 0.6)])))
    right, gap, _ = chart.findall("g[@class='bar']/rect")
    assert float(right.attrib["height"]) == pytest.approx(0.6 * SIDE)
    assert float(gap.attrib["height"]) == pytest.approx(0.2 * SIDE)
    assert float(gap.attrib["y"]) + float(gap.attrib["height"]) == pytest.approx(float(right.attrib["y"]))


def test_a_band_lies_around_its_line_and_inside_the_axes() -> None:
    lines = [Series("none", []), Series("some", [(1.0, 50.0), (3.0, 90.0)], [(40.0, 60.0), (70.0, 110.0)])]
    chart = ElementTree.fromstring(line_chart("t", X, Y, lines, legend=False))
    (band,) = chart.findall("polygon")
    corners = [tuple(map(float, corner.split(","))) for corner in band.attrib["points"].split()]
    dots = [float(dot.attrib["cy"]) for dot in chart.findall(".//circle")]
    assert len(corners) == 4
    assert len(dots) == 2  # nothing of the line without points, and no legend
    assert corners[0][1] < dots[0] < corners[3][1]
    assert corners[1][1] == pytest.approx(float(chart.findall("line")[-1].attrib["y1"]))  # 110 is cut at 100
    assert band.attrib["class"] == "band c1"
