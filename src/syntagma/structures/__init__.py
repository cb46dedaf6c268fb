"""Distributions over outputs: partition function, marginals, best and k best, samples, entropy, divergence."""

from syntagma.structures.chain import Best, LinearChain
from syntagma.structures.divergence import cross_entropy, kl
from syntagma.structures.independent import IndependentLabels
from syntagma.structures.mean_field import MeanFieldChain, SecondOrder
from syntagma.structures.parts import (
    ArcParts,
    ChainParts,
    LabelParts,
    SpanParts,
    chain_parts,
    independent_parts,
)
from syntagma.structures.projective_tree import ProjectiveTree
from syntagma.structures.segments import BestSegments, Segments
from syntagma.structures.structure import Structure

__all__ = [
    "ArcParts",
    "Best",
    "BestSegments",
    "ChainParts",
    "IndependentLabels",
    "LabelParts",
    "LinearChain",
    "MeanFieldChain",
    "ProjectiveTree",
    "SecondOrder",
    "Segments",
    "SpanParts",
    "Structure",
    "chain_parts",
    "cross_entropy",
    "independent_parts",
    "kl",
]
