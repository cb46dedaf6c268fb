"""Pictures of structures as SVG: a lattice, marginals as a heat map, arcs, spans."""

from syntagma.structures.pictures.heat_map import heat_map
from syntagma.structures.pictures.lattice import lattice
from syntagma.structures.pictures.picture import picture
from syntagma.structures.pictures.spans import LabelledSpan, spans

__all__ = ["LabelledSpan", "heat_map", "lattice", "picture", "spans"]
