"""The kernel of projective trees in plain torch, on any device: the specification of the others."""

from syntagma.structures.kernels.reference.projective_sums import inside_outside
from syntagma.structures.kernels.reference.projective_trees import best, k_best, sample

__all__ = ["best", "inside_outside", "k_best", "sample"]
