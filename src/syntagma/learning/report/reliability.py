"""A reliability diagram as inline SVG: how often predictions of each confidence are right."""

from __future__ import annotations

from syntagma.learning.metrics import Bin, Calibration
from syntagma.markup import caption, drawing, element, safe

SIDE = 260.0
LEFT, TOP = 52.0, 34.0
COUNTS = 56.0
"""Height of the histogram below the diagram."""
BASE = TOP + SIDE
WIDTH, HEIGHT = LEFT + SIDE + 12, BASE + COUNTS + 56


def reliability_diagram(calibration: Calibration) -> str:
    """Draw bars of accuracy with their gap to the mean confidence, the diagonal of perfection, and the bins' counts."""
    title = f"Reliability (calibration error {100 * calibration.ece:.2f} %)"
    most = max((part.count for part in calibration.bins), default=1)
    bars = "".join(_bar(part, most) for part in calibration.bins)
    diagonal = element("line", x1=LEFT, y1=BASE, x2=LEFT + SIDE, y2=TOP, class_="mark")
    return drawing(WIDTH, HEIGHT, caption(0, 14, title, class_="title") + _axes() + bars + diagonal, title)


def _axes() -> str:
    parts = []
    for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        down, across = BASE - SIDE * tick, LEFT + SIDE * tick
        parts.append(element("line", x1=LEFT, x2=LEFT + SIDE, y1=down, y2=down, class_="grid"))
        parts.append(caption(LEFT - 6, down + 4, f"{100 * tick:.0f} %", text_anchor="end"))
        parts.append(caption(across, HEIGHT - 22, f"{tick:g}", text_anchor="middle"))
    parts.append(caption(LEFT + SIDE / 2, HEIGHT - 6, "confidence", text_anchor="middle", class_="axis"))
    parts.append(caption(LEFT - 6, HEIGHT - 48, "count", text_anchor="end"))
    return "".join(parts)


def _bar(part: Bin, most: int) -> str:
    across, width = LEFT + SIDE * part.low + 0.5, max(SIDE * (part.high - part.low) - 1, 1.0)
    accuracy, confidence = BASE - SIDE * part.accuracy, BASE - SIDE * part.confidence
    tip = (
        f"confidence {part.low:.2f} to {part.high:.2f}: {part.count:,} predictions, "
        f"mean confidence {part.confidence:.3f}, right {part.accuracy:.3f}"
    )
    shapes = element("rect", x=across, y=accuracy, width=width, height=BASE - accuracy, class_="right")
    gap, depth = min(accuracy, confidence), abs(accuracy - confidence)
    shapes += element("rect", x=across, y=gap, width=width, height=depth, class_="gap")
    height = max(COUNTS * part.count / most, 1.0)
    low = BASE + COUNTS + 12
    shapes += element("rect", x=across, y=low - height, width=width, height=height, class_="count")
    return element("g", element("title", safe(tip)) + shapes, class_="bar")
