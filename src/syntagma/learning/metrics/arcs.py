"""Arcs as they are compared: what must agree, the names a relation counts under, and how far an arc reaches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from syntagma.text.document import ROOT, Arc

# fmt: off
CONTENT_RELATIONS = frozenset((
    "acl", "advcl", "advmod", "amod", "appos", "ccomp", "compound", "conj", "csubj", "dep", "discourse", "dislocated",
    "expl", "fixed", "flat", "goeswith", "iobj", "list", "nmod", "nsubj", "nummod", "obj", "obl", "orphan",
    "parataxis", "reparandum", "root", "vocative", "xcomp",
))
# fmt: on
"""Universal relations of content words, by which CoNLL-18 counts CLAS; others are of function words and marks."""


class PlacedArc(NamedTuple):
    """An arc with the number of the word that it leads to: two arcs are the same where all three agree."""

    dependent: int
    head: int
    relation: str

    def universal(self) -> PlacedArc:
        """The same arc without its relation's subtype."""
        return self._replace(relation=universal(self.relation))


def tree_arcs(tree: Sequence[Arc]) -> list[PlacedArc]:
    """The arcs of a tree, one a word."""
    return [PlacedArc(word, arc.head, arc.relation) for word, arc in enumerate(tree, start=1)]


def graph_arcs(graph: Sequence[Sequence[Arc]]) -> set[PlacedArc]:
    """The arcs of a graph; one that is listed twice counts once."""
    return {PlacedArc(word, arc.head, arc.relation) for word, arcs in enumerate(graph, start=1) for arc in arcs}


def universal(relation: str) -> str:
    """A relation without its subtype, as the official evaluations compare it: `nmod` of `nmod:poss`.

    Of a path over words that a graph leaves out, each step's: `conj>obl` of `conj:and>obl:in`.
    """
    return ">".join(step.partition(":")[0] for step in relation.split(">"))


def with_universal(arcs: Iterable[PlacedArc]) -> list[PlacedArc]:
    """Every arc by its universal relation, and once more by its own if that has a subtype."""
    return [named for arc in arcs for named in dict.fromkeys((arc.universal(), arc))]


def reach(arc: PlacedArc) -> str:
    """The class of an arc's length in words, one of `REACHES`."""
    if arc.head == ROOT:
        return REACHES[0]
    length = abs(arc.head - arc.dependent)
    return REACHES[length] if length < 3 else REACHES[3 if length < 7 else 4]


REACHES = ("root", "1", "2", "3 to 6", "7 or more")
