"""The kernel of non-projective trees in plain torch, on any device: the specification of the others."""

from syntagma.structures.kernels.reference.arborescence import best, k_best
from syntagma.structures.kernels.reference.matrix_tree import tree_sums
from syntagma.structures.kernels.reference.tree_sampling import sample

__all__ = ["best", "k_best", "sample", "tree_sums"]
