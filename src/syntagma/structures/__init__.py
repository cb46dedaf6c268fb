"""Distributions over outputs: partition function, marginals, best and k best, samples, entropy, divergence."""

from syntagma.structures.chain import LinearChain
from syntagma.structures.divergence import cross_entropy, kl
from syntagma.structures.parts import ChainParts, chain_parts, independent_parts
from syntagma.structures.structure import Best, Structure

__all__ = ["Best", "ChainParts", "LinearChain", "Structure", "chain_parts", "cross_entropy", "independent_parts", "kl"]
