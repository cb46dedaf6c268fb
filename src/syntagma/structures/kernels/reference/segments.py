"""Everything that the reference kernel offers for flat segmentations."""

from syntagma.structures.kernels.reference.segment_choices import best, k_best, sample
from syntagma.structures.kernels.reference.segment_sweeps import marginals, sweep

__all__ = ["best", "k_best", "marginals", "sample", "sweep"]
