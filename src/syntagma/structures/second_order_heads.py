"""Second-order heads by mean field: words choose alone, knowing what siblings and grandparents are like to choose."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.arc_scores import ArcScores
from syntagma.structures.heads import IndependentHeads
from syntagma.structures.label_checks import result_precision
from syntagma.structures.relation_scores import RelationScores


class SecondOrderHeads(IndependentHeads):
    """Independent heads that come nearest to a second-order distribution, by a few rounds of mean field.

    The second-order score of heads adds, to those of arcs, one for every two words with the same head, and one for
    every word with its head and its head's head. In each round all words update at once what they believe of heads,

        Q(d has head h) = softmax over h of arcs[d, h] + sum over o of Q(o has head h) siblings[d, h, o]
            + sum over g of Q(h has head g) grandparents[d, h, g] + sum over c of Q(c has head d) grandparents[c, d, h],

    from `Q = softmax(arcs)`, over words o, g and c other than d and h; the root takes no head. The last round's sums
    are the scores of this distribution, through all rounds a function of those given, and learnt so. (Structural
    knowledge distillation, case 2b, arXiv 2010.05010; Wang and Tu, 2020, arXiv 2010.05003.)

    Args:
        arcs: `[batch, words, 1 + words]`; outputs, padding and errors as `ArcStructure`.
        siblings: `[batch, words, 1 + words, words]`: dependent, head, another dependent of that head, finite and the
            same for both orders of the two; None for none.
        grandparents: `[batch, words, 1 + words, 1 + words]`: dependent, head, head of the head, finite; head 0, the
            root, has none and is not read; None for none.
        lengths: `[batch]`, integers from 1 to words; None where all are full.
        relations: `[batch, words, 1 + words, relations]`, scores of the arcs' labels, which count as parts of arcs.
        iterations: how many rounds.

    Raises:
        StructureError: shapes that disagree, second-order scores that are not finite.
    """

    def __init__(
        self,
        arcs: Tensor,
        siblings: Tensor | None = None,
        grandparents: Tensor | None = None,
        lengths: Tensor | None = None,
        relations: Tensor | RelationScores | None = None,
        *,
        iterations: int = 3,
    ) -> None:
        scores = ArcScores.checked(arcs, relations, lengths)
        batch, words, heads = arcs.shape
        _check_shape("siblings", siblings, [batch, words, heads, words])
        _check_shape("grandparents", grandparents, [batch, words, heads, heads])
        if iterations < 0:
            raise StructureError(f"iterations is {iterations}", fix="Ask for 0 rounds or more")
        labels = relations if isinstance(relations, Tensor) else None
        dtype = result_precision(arcs, siblings, grandparents, labels)
        if siblings is not None:
            siblings = siblings.to(dtype).masked_fill(_not_siblings(scores), 0.0)
        if grandparents is not None:
            grandparents = grandparents.to(dtype).masked_fill(_not_grandparents(scores), 0.0)
        first = IndependentHeads(arcs, lengths, relations)
        refined = arcs.to(dtype)
        for _ in range(iterations):
            beliefs = IndependentHeads(refined, lengths, relations).expected_parts().arcs.to(dtype)
            refined = arcs + second_order(beliefs, siblings, grandparents)
            _check_finite(refined, first.arc_scores)
        super().__init__(refined, lengths, relations)


def second_order(beliefs: Tensor, siblings: Tensor | None, grandparents: Tensor | None) -> Tensor:
    """What the second-order scores add to each arc's, `[batch, words, 1 + words]`, where Q is `beliefs`.

    Scores as `SecondOrderHeads`, 0 where indices coincide and in padding.
    """
    total = torch.zeros_like(beliefs)
    if siblings is not None:
        total = total + torch.einsum("bdho,boh->bdh", siblings, beliefs)
    if grandparents is not None:
        of_words = grandparents[:, :, 1:]  # dependent, head (a word), its head
        above = torch.einsum("bdhg,bhg->bdh", of_words, beliefs)
        below = torch.einsum("bcdh,bcd->bdh", of_words, beliefs[..., 1:])
        total = total + below + torch.cat([torch.zeros_like(above[..., :1]), above], -1)
    return total


def _not_siblings(scores: ArcScores) -> Tensor:
    """`[batch or 1, words, 1 + words, words]` bool: two of dependent, head and sibling are one, or one is padding."""
    missing = scores.missing
    words = missing.shape[1]
    same = torch.eye(words, dtype=torch.bool, device=missing.device).view(1, words, 1, words)
    return missing.unsqueeze(3) | missing.mT.unsqueeze(1) | same


def _not_grandparents(scores: ArcScores) -> Tensor:
    """`[batch or 1, words, 1 + words, 1 + words]` bool: dependent, head and head's head are no three nodes."""
    missing = scores.missing
    above = torch.cat([torch.ones_like(missing[:, :1]), missing], 1)  # of a head, from its head; of the root, from none
    return missing.unsqueeze(3) | above.unsqueeze(1) | missing.unsqueeze(2)


def _check_shape(name: str, scores: Tensor | None, expected: list[int]) -> None:
    if scores is not None and list(scores.shape) != expected:
        raise StructureError(f"{name} have shape {list(scores.shape)}", fix=f"Give them as {expected}")


def _check_finite(refined: Tensor, scores: ArcScores) -> None:
    allowed = ~scores.missing & (scores.arcs > -torch.inf)
    odd = (allowed & ~refined.isfinite()).flatten(1).any(1).nonzero().flatten()
    if odd.numel():
        raise StructureError(
            f"row {int(odd[0])} has a NaN or an infinity among its second-order scores",
            fix="Siblings and grandparents have finite scores",
        )
