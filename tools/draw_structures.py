"""Draws the pictures of docs/concepts/structures.md into docs/concepts/pictures: one a structure, by our own code.

    python tools/draw_structures.py [FOLDER]

Scores are written here by hand and by a seed; the pictures show what the structures make of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor

from syntagma.structures import (
    ArcGraph,
    IndependentHeads,
    LinearChain,
    MeanFieldChain,
    NonProjectiveTree,
    ProjectiveTree,
    SecondOrderHeads,
    Segments,
)
from syntagma.structures.pictures import picture

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "concepts" / "pictures"
NAMES = ["O", "B-PER", "I-PER", "B-LOC"]
PERSON = ["Ada", "Lovelace", "lived", "in", "London"]
PROJECTIVE = (["She", "read", "the", "letter", "twice"], [2, 0, 4, 2, 2])
CROSSING = (["A", "hearing", "is", "scheduled", "on", "the", "issue", "today"], [2, 4, 4, 0, 7, 7, 2, 4])


def main() -> None:
    """Write all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, drawn in pictures().items():
        (folder / f"{name}.svg").write_text(drawn + "\n", encoding="utf-8")


def pictures() -> dict[str, str]:
    """Every picture by its name."""
    emissions, transitions, start = chain_scores()
    read, crossing = arc_scores(*PROJECTIVE), arc_scores(*CROSSING)
    siblings = torch.zeros(1, 5, 6, 5)
    siblings[0, 3, 2, 4] = siblings[0, 4, 2, 3] = 2.0  # of "read": letter and twice go together
    return {
        "linear-chain": picture(LinearChain(emissions, transitions, start), PERSON, NAMES),
        "mean-field-chain": picture(MeanFieldChain(emissions, transitions.clamp(min=-4), start), PERSON, NAMES),
        "projective-tree": picture(ProjectiveTree(read), PROJECTIVE[0]),
        "nonprojective-tree": picture(NonProjectiveTree(crossing), CROSSING[0]),
        "independent-heads": picture(IndependentHeads(read), PROJECTIVE[0]),
        "second-order-heads": picture(SecondOrderHeads(read, siblings), PROJECTIVE[0]),
        "arc-graph": picture(ArcGraph(graph_scores()), ["Ada", "wants", "to", "leave"]),
        "segments": picture(Segments(span_scores()), PERSON, ["PER", "LOC"]),
    }


def chain_scores() -> tuple[Tensor, Tensor, Tensor]:
    """Emissions, transitions and start of five words over O, B-PER, I-PER, B-LOC; what IOB2 forbids is forbidden."""
    emissions = torch.randn(1, 5, 4, generator=torch.Generator().manual_seed(3)) * 0.7
    for word, label in enumerate([1, 2, 0, 0, 3]):
        emissions[0, word, label] += 1.7
    transitions = torch.zeros(4, 4)
    transitions[0, 2] = transitions[3, 2] = -torch.inf
    return emissions, transitions, torch.tensor([0.0, 0.0, -torch.inf, 0.0])


def arc_scores(words: list[str], heads: list[int]) -> Tensor:
    """Scores in which these heads are likely and the others are not all impossible."""
    count = len(words)
    arcs = torch.randn(1, count, count + 1, generator=torch.Generator().manual_seed(8))
    for word, head in enumerate(heads):
        arcs[0, word, head] += 3.2
    return arcs


def graph_scores() -> Tensor:
    """Scores of arcs in which a word has two heads: in "Ada wants to leave" Ada wants, and Ada leaves."""
    arcs = torch.full((1, 4, 5), -4.0)
    for word, head, score in ((1, 2, 3.0), (1, 4, 2.0), (2, 0, 4.0), (3, 4, 2.5), (4, 2, 3.0), (4, 0, -1.5)):
        arcs[0, word - 1, head] = score
    return arcs


def span_scores() -> Tensor:
    """Scores of spans of up to three words, PER or LOC."""
    spans = torch.randn(1, 5, 3, 2, generator=torch.Generator().manual_seed(1)) - 3.0
    spans[0, 0, 1, 0], spans[0, 0, 0, 0], spans[0, 4, 0, 1], spans[0, 1, 0, 1] = 3.0, 1.4, 2.6, 0.3
    return spans


if __name__ == "__main__":
    main()
