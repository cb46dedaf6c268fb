"""Neural potentials: layers that turn word vectors into the scores of a structure."""

from syntagma.scorers.arcs import BiaffineArcs, BiaffineRelations
from syntagma.scorers.biaffine_heads import BiaffineHeads
from syntagma.scorers.bilinear import ThreeBilinear, TwoBilinear
from syntagma.scorers.concat import Concat
from syntagma.scorers.head_scorer import HeadScorer, HeadScores
from syntagma.scorers.quadrilinear import DecomposedPentalinear, DecomposedQuadrilinear
from syntagma.scorers.relative_heads import RelativeHead, RelativeHeads
from syntagma.scorers.scorer import ChainScores, Scorer
from syntagma.scorers.second_order import SecondOrderScorer, SkipQuadrilinear, SkipTable
from syntagma.scorers.second_order_arcs import TrilinearGrandparents, TrilinearSiblings
from syntagma.scorers.softmax import Softmax
from syntagma.scorers.spans import BiaffineSpans
from syntagma.scorers.trilinear import DecomposedTrilinear, Trilinear
from syntagma.scorers.vanilla import Vanilla

__all__ = [
    "BiaffineArcs",
    "BiaffineHeads",
    "BiaffineRelations",
    "BiaffineSpans",
    "ChainScores",
    "Concat",
    "DecomposedPentalinear",
    "DecomposedQuadrilinear",
    "DecomposedTrilinear",
    "HeadScorer",
    "HeadScores",
    "RelativeHead",
    "RelativeHeads",
    "Scorer",
    "SecondOrderScorer",
    "SkipQuadrilinear",
    "SkipTable",
    "Softmax",
    "ThreeBilinear",
    "Trilinear",
    "TrilinearGrandparents",
    "TrilinearSiblings",
    "TwoBilinear",
    "Vanilla",
]
