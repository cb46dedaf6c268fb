"""What a student learns from a teacher: one small class an objective, all of them `structures.cross_entropy`."""

from syntagma.learning.objectives.average import Average
from syntagma.learning.objectives.interpolation import Interpolation
from syntagma.learning.objectives.objective import Objective, Prepared, Target
from syntagma.learning.objectives.paths import Paths
from syntagma.learning.objectives.posterior import Posterior
from syntagma.learning.objectives.structural import Structural
from syntagma.learning.objectives.temperature import Temperature
from syntagma.learning.objectives.token import Token
from syntagma.learning.objectives.top_k import TopK
from syntagma.learning.objectives.weighted_top_k import WeightedTopK

__all__ = [
    "Average",
    "Interpolation",
    "Objective",
    "Paths",
    "Posterior",
    "Prepared",
    "Structural",
    "Target",
    "Temperature",
    "Token",
    "TopK",
    "WeightedTopK",
]
