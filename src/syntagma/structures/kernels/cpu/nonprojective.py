"""The kernel of non-projective trees for processors, in numba (extra `fast`)."""

from syntagma.structures.kernels.cpu.arborescence import best, k_best
from syntagma.structures.kernels.cpu.matrix_tree import tree_sums
from syntagma.structures.kernels.cpu.tree_sampling import sample

__all__ = ["best", "k_best", "sample", "tree_sums"]
