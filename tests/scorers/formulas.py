"""The potentials of arXiv 2011.05604 as their formulas read, one number at a time: what the layers are tested against.

Words are h_1 .. h_n (a list of vectors), symbols are rows of the table of embeddings: labels, then START, then END.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from syntagma import scorers
from syntagma.scorers import ChainScores, Scorer

Potential = Callable[[int, int, int], Tensor]


def potential(scorer: Scorer, words: Tensor) -> Potential:
    """`phi(i, a, b)` for step i from 1 to n + 1 and symbols a and b, of `words [n, width]`."""
    return FORMULAS[type(scorer)](scorer, words)


def path_scores(phi: Potential, words: int, labels: int) -> Tensor:
    """The score of every sequence of labels, in the order of itertools.product: `[labels ** words]`."""
    start, end = labels, labels + 1
    totals = []
    for path in product(range(labels), repeat=words):
        steps = enumerate(zip((start, *path), (*path, end), strict=True), start=1)
        totals.append(sum(phi(i, a, b) for i, (a, b) in steps))
    return torch.stack(totals)  # type: ignore[arg-type]


def chain_path_scores(scores: ChainScores, row: int, words: int) -> Tensor:
    """The same from a scorer's output, by plain sums."""
    labels = scores.emissions.shape[2]
    tables = (
        scores.transitions.expand(1, words, labels, labels) if scores.transitions.dim() == 2 else scores.transitions
    )
    tables = tables[0 if scores.transitions.dim() == 2 else row]
    start, end = (part if part.dim() == 1 else part[row] for part in (scores.start, scores.end))
    totals = []
    for path in product(range(labels), repeat=words):
        total = start[path[0]] + end[path[-1]]
        total = total + sum(scores.emissions[row, i, label] for i, label in enumerate(path))
        total = total + sum(tables[i, path[i], path[i + 1]] for i in range(words - 1))
        totals.append(total)
    return torch.stack(totals)


def _last_again(words: Tensor, i: int) -> Tensor:
    """h_i, and the last word's own vector at the end step."""
    return words[min(i, len(words)) - 1]


def _bounded(scorer: Scorer, words: Tensor, i: int) -> Tensor:
    """h_i with learned vectors beyond the sentence."""
    if 1 <= i <= len(words):
        return words[i - 1]
    return scorer.boundaries.first if i < 1 else scorer.boundaries.last


def _neighbour(scorer: Scorer, words: Tensor, i: int) -> Tensor:
    before, after = _bounded(scorer, words, i - 1), _bounded(scorer, words, i + 1)
    return {"prev": before, "next": after, "mean": (before + after) / 2}[scorer.neighbours]


def _dot(left: Tensor, table: Tensor, right: Tensor) -> Tensor:
    """`left^T table right` by a double loop."""
    cells = product(range(len(left)), range(len(right)))
    return sum(left[x] * table[x, k] * right[k] for x, k in cells)  # type: ignore[return-value]


def _products(*pairs: tuple[Tensor, Tensor]) -> Tensor:
    """`sum_r prod (vector matrix)_r` by a loop over r."""
    total = torch.zeros(())
    for r in range(pairs[0][1].shape[1]):
        term = torch.ones((), dtype=pairs[0][0].dtype)
        for vector, matrix in pairs:
            term = term * sum(vector[x] * matrix[x, r] for x in range(len(vector)))
        total = total + term
    return total


def _softmax(m: scorers.Softmax, words: Tensor) -> Potential:
    labels = m.labels

    def phi(i: int, a: int, b: int) -> Tensor:
        if b >= labels:
            return torch.zeros(())
        return sum(m.emission.weight[b, x] * words[i - 1, x] for x in range(m.width)) + m.emission.bias[b]

    return phi


def _vanilla(m: scorers.Vanilla, words: Tensor) -> Potential:
    emission = _softmax(m, words)  # type: ignore[arg-type]

    def phi(i: int, a: int, b: int) -> Tensor:
        if b == m.labels + 1:
            return m.end[a]
        return emission(i, a, b) + (m.start[b] if a == m.labels else m.transitions[a, b])

    return phi


def _two_bilinear(m: scorers.TwoBilinear, words: Tensor) -> Potential:
    e = m.embeddings.table
    return lambda i, a, b: _dot(_last_again(words, i), m.word_to, e[b]) + _dot(e[a], m.from_to, e[b])


def _three_bilinear(m: scorers.ThreeBilinear, words: Tensor) -> Potential:
    e = m.embeddings.table

    def phi(i: int, a: int, b: int) -> Tensor:
        h = _last_again(words, i)
        return _dot(h, m.word_to, e[b]) + _dot(h, m.word_from, e[a]) + _dot(e[a], m.from_to, e[b])

    return phi


def _trilinear(m: scorers.Trilinear, words: Tensor) -> Potential:
    e = m.embeddings.table

    def phi(i: int, a: int, b: int) -> Tensor:
        h = _last_again(words, i)
        return sum(h[x] * _dot(e[a], m.tensor[x], e[b]) for x in range(m.width))  # type: ignore[return-value]

    return phi


def _decomposed_trilinear(m: scorers.DecomposedTrilinear, words: Tensor) -> Potential:
    e = m.embeddings.table
    return lambda i, a, b: (
        m.factor * _products((_last_again(words, i), m.word), (e[a], m.label_from), (e[b], m.label_to))
    )


def _quadrilinear(m: scorers.DecomposedQuadrilinear, words: Tensor) -> Potential:
    e = m.embeddings.table
    return lambda i, a, b: (
        m.factor
        * _products(
            (_bounded(m, words, i), m.word),
            (_neighbour(m, words, i), m.neighbour),
            (e[a], m.label_from),
            (e[b], m.label_to),
        )
    )


def _pentalinear(m: scorers.DecomposedPentalinear, words: Tensor) -> Potential:
    e = m.embeddings.table
    return lambda i, a, b: (
        m.factor
        * _products(
            (_bounded(m, words, i - 1), m.word_before),
            (_bounded(m, words, i), m.word),
            (_bounded(m, words, i + 1), m.word_after),
            (e[a], m.label_from),
            (e[b], m.label_to),
        )
    )


def _concat(m: scorers.Concat, words: Tensor) -> Potential:
    e = m.embeddings.table

    def phi(i: int, a: int, b: int) -> Tensor:
        if m.neighbours is None:
            seen = _last_again(words, i)
        else:
            seen = torch.cat([_bounded(m, words, i), _neighbour(m, words, i)])
        everything = torch.cat([seen, e[b], e[a]])
        table = torch.cat([m.word, m.label_to, m.label_from])
        hidden = [sum(everything[x] * table[x, r] for x in range(len(everything))) for r in range(len(m.weigh))]
        return sum(m.weigh[r] * torch.tanh(hidden[r] + m.bias[r]) for r in range(len(m.weigh)))  # type: ignore[return-value]

    return phi


FORMULAS = {
    scorers.Softmax: _softmax,
    scorers.Vanilla: _vanilla,
    scorers.TwoBilinear: _two_bilinear,
    scorers.ThreeBilinear: _three_bilinear,
    scorers.Trilinear: _trilinear,
    scorers.DecomposedTrilinear: _decomposed_trilinear,
    scorers.DecomposedQuadrilinear: _quadrilinear,
    scorers.DecomposedPentalinear: _pentalinear,
    scorers.Concat: _concat,
}
