"""Neural potentials: layers that turn word vectors into the scores of a structure."""

from syntagma.scorers.scorer import ChainScores, Scorer
from syntagma.scorers.vanilla import Vanilla

__all__ = ["ChainScores", "Scorer", "Vanilla"]
