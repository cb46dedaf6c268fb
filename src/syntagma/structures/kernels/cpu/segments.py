"""Everything that the compiled kernel offers for flat segmentations (numba; extra `fast`)."""

from syntagma.structures.kernels.cpu.segment_choices import best, k_best, sample
from syntagma.structures.kernels.cpu.segment_sweeps import marginals, sweep

__all__ = ["best", "k_best", "marginals", "sample", "sweep"]
