"""Distributions over outputs: partition function, marginals, best and k best, samples, entropy, divergence."""

from syntagma.structures.arc_graph import ArcGraph, BestGraphs
from syntagma.structures.arc_structure import ArcStructure, BestTrees
from syntagma.structures.chain import Best, LinearChain
from syntagma.structures.divergence import cross_entropy, kl
from syntagma.structures.heads import IndependentHeads
from syntagma.structures.independent import IndependentLabels
from syntagma.structures.kernels.dispatch import use_kernel
from syntagma.structures.mean_field import MeanFieldChain, SecondOrder
from syntagma.structures.nonprojective_tree import NonProjectiveTree
from syntagma.structures.parts import (
    ArcParts,
    ChainParts,
    LabelParts,
    SpanParts,
    chain_parts,
    independent_parts,
)
from syntagma.structures.projective_tree import ProjectiveTree
from syntagma.structures.second_order_heads import SecondOrderHeads
from syntagma.structures.segments import BestSegments, Segments
from syntagma.structures.structure import Structure

__all__ = [
    "ArcGraph",
    "ArcParts",
    "ArcStructure",
    "Best",
    "BestGraphs",
    "BestSegments",
    "BestTrees",
    "ChainParts",
    "IndependentHeads",
    "IndependentLabels",
    "LabelParts",
    "LinearChain",
    "MeanFieldChain",
    "NonProjectiveTree",
    "ProjectiveTree",
    "SecondOrder",
    "SecondOrderHeads",
    "Segments",
    "SpanParts",
    "Structure",
    "chain_parts",
    "cross_entropy",
    "independent_parts",
    "kl",
    "use_kernel",
]
