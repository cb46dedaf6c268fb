"""Words with arcs above them as SVG, for documents and for distributions alike."""

from syntagma.drawings.arcs import Arc, arcs
from syntagma.drawings.drawing import STYLE, Drawing, Svg

__all__ = ["STYLE", "Arc", "Drawing", "Svg", "arcs"]
