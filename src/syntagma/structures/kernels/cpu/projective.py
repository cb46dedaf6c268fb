"""The kernel of projective trees for processors, in numba (extra `fast`)."""

from syntagma.structures.kernels.cpu.projective_best import best
from syntagma.structures.kernels.cpu.projective_k_best import k_best
from syntagma.structures.kernels.cpu.projective_sampling import sample
from syntagma.structures.kernels.cpu.projective_sums import inside_outside

__all__ = ["best", "inside_outside", "k_best", "sample"]
