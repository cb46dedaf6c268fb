"""Which potential function is best for a small tagger? Five of arXiv 2011.05604 on five data sets.

python studies/potentials/run.py              trains what is not there yet: 75 runs of about a minute
python studies/potentials/run.py --report     prints the tables
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from small_taggers import Kind, study

# Chosen for each on the dev part of Sequoia: learning rate, first values, rank. README.md has the scores.
KINDS = (
    Kind("softmax", ('structure.kind="independent"', "learning.learning_rate=2e-2")),
    Kind("vanilla", ('scorer.kind="vanilla"', "learning.learning_rate=2e-2")),
    Kind("two-bilinear", ('scorer.kind="two-bilinear"', "scorer.deviation=0.05", "learning.learning_rate=2e-2")),
    Kind(
        "decomposed-trilinear",
        ('scorer.kind="decomposed-trilinear"', "scorer.rank=128", "scorer.scale=true", "learning.learning_rate=1e-2"),
    ),
    Kind(
        "decomposed-quadrilinear",
        (
            'scorer.kind="decomposed-quadrilinear"',
            "scorer.rank=396",
            "scorer.scale=true",
            "learning.learning_rate=2e-2",
        ),
    ),
)

if __name__ == "__main__":
    study(__doc__ or "", KINDS)
