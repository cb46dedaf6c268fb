"""A drawing: an SVG file of its own, or a part of a web page; its colours follow the reader's light or dark page."""

from __future__ import annotations

from typing import NamedTuple

from syntagma.markup import element, safe

LETTER = 7.4
"""Width of a letter in pixels, more or less."""

STYLE = """
.drawing {
  --ink: #1c2330; --faint: #5d6675; --mark: #2563c9; --other: #c2410c; --sheet: #ffffff;
  font: 13px system-ui, sans-serif; background: var(--sheet)
}
@media (prefers-color-scheme: dark) {
  .drawing { --ink: #e4e8ef; --faint: #98a2b3; --mark: #6ea8fe; --other: #ff9a62; --sheet: #1a1c20 }
}
.drawing text { fill: var(--ink) } .drawing .word, .drawing .halo, .drawing .tag { text-anchor: middle }
.drawing .small { fill: var(--faint); font-size: 11px }
.drawing .halo { paint-order: stroke; stroke: var(--sheet); stroke-width: 3px; stroke-linejoin: round }
.drawing .line { fill: none; stroke: var(--faint) } .drawing .best { stroke: var(--mark) }
.drawing .head { fill: var(--faint) } .drawing .best.head { fill: var(--mark); stroke: none }
.drawing .shade { fill: var(--mark) } .drawing .chosen { fill: none; stroke: var(--other); stroke-width: 2 }
.drawing .arc:hover { opacity: 1 } .drawing .arc:hover .best { stroke-width: 2.6 }
.drawing .arc:hover .small { fill: var(--ink) }
"""


class Svg(str):
    """An SVG file as text, which a notebook shows as a picture."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)


class Drawing(NamedTuple):
    """What is drawn, and how large it is in pixels."""

    width: float
    height: float
    content: str
    """Elements of SVG."""
    label: str
    """What it is, as a screen reader says it."""
    description: str = ""
    """What can be seen in it, in words."""
    mirrored: bool = False
    """Whether it begins on the right, as Arabic and Hebrew do."""

    def file(self) -> Svg:
        """The drawing as a file that needs nothing else."""
        return Svg(self._svg(element("style", STYLE), xmlns="http://www.w3.org/2000/svg"))

    def inline(self) -> str:
        """The drawing as an element of a page that has `STYLE`."""
        return self._svg()

    def _svg(self, style: str = "", **attributes: str) -> str:
        said = element("desc", safe(self.description)) if self.description else ""
        return element(
            "svg",
            said + style + self.content,
            **attributes,
            viewBox=f"0 0 {self.width:g} {self.height:g}",
            width=self.width,
            height=self.height,
            class_="drawing",
            role="img",
            aria_label=self.label,
        )
