"""Arcs in JSON Lines: a head is a place in the document's list of tokens, counted from 0, and null for the root."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from syntagma.errors import DataError
from syntagma.text.document import DEPENDENCIES, ENHANCED, ROOT, Arc, Sentence
from syntagma.text.formats.jsonl_fields import confidence_of, field_of, objects_of

HEAD, RELATION, CONFIDENCE, GRAPH = "head", "deprel", "head_confidence", "deps"
ARC_FIELDS = frozenset((HEAD, RELATION, CONFIDENCE, GRAPH))
GRAPH_CONFIDENCE = "confidence"


class JsonArc(NamedTuple):
    """An arc to a token from the token `tokens[head]`; None is the root."""

    head: int | None
    relation: str
    confidence: float | None


class TokenArcs(NamedTuple):
    """A token's arc in the tree and its arcs in the graph, None where it has nothing of the kind."""

    tree: JsonArc | None
    graph: list[JsonArc] | None


def read_token_arcs(tokens: Sequence[Mapping[str, Any]], where: str) -> list[TokenArcs]:
    """What each of a document's token objects says of its arcs.

    Raises:
        DataError: a field of the wrong type, or a head that is not there.
    """
    return [_token_arcs(fields, index, len(tokens), where) for index, fields in enumerate(tokens)]


def stretches(arcs: Sequence[TokenArcs], layers: Collection[str] | None) -> Iterator[tuple[int, int]]:
    """The first and the stop of the tokens that each arc of these layers reaches over; None stands for all layers."""
    for index, each in enumerate(arcs):
        tree = [each.tree] if each.tree and _wanted(DEPENDENCIES, layers) else []
        graph = each.graph or [] if _wanted(ENHANCED, layers) else []
        for arc in (*tree, *graph):
            if arc.head is not None:
                yield min(arc.head, index), max(arc.head, index) + 1


def place_arcs(
    sentences: Sequence[Sentence], arcs: Sequence[TokenArcs], layers: Collection[str] | None, where: str
) -> None:
    """Give the sentences their trees and graphs: a tree where every token has an arc, a graph where one may have some.

    Raises:
        DataError: an arc from one sentence to another.
    """
    first = 0
    for sentence in sentences:
        length = len(sentence.tokens)
        there = arcs[first : first + length]
        tree = [each.tree for each in there if each.tree]
        if len(tree) == length and _wanted(DEPENDENCIES, layers):
            sentence.trees[DEPENDENCIES] = [_placed(arc, first, length, where) for arc in tree]
        if any(each.graph is not None for each in there) and _wanted(ENHANCED, layers):
            sentence.graphs[ENHANCED] = [
                sorted((_placed(arc, first, length, where) for arc in each.graph or ()), key=_in_order)
                for each in there
            ]
        first += length


def _wanted(layer: str, layers: Collection[str] | None) -> bool:
    return layers is None or layer in layers


def _token_arcs(fields: Mapping[str, Any], index: int, tokens: int, where: str) -> TokenArcs:
    tree = None
    if HEAD in fields and fields.get(RELATION) is not None:
        tree = _arc(fields, CONFIDENCE, tokens, where)
        if tree.head == index:
            raise DataError(f"the token {index} is its own head", where=where, fix="The head of a root is null")
    deps = objects_of(fields, GRAPH, where, keys=f"{HEAD!r} and {RELATION!r}")
    return TokenArcs(tree, deps if deps is None else [_arc(each, GRAPH_CONFIDENCE, tokens, where) for each in deps])


def _arc(fields: Mapping[str, Any], confidence: str, tokens: int, where: str) -> JsonArc:
    head = None if HEAD in fields and fields[HEAD] is None else field_of(fields, HEAD, int, where)
    if head is not None and not 0 <= head < tokens:
        found = f"the head {head} is not among the {tokens} tokens"
        raise DataError(found, where=where, fix="Heads are places in 'tokens', counted from 0; that of a root is null")
    relation = field_of(fields, RELATION, str, where)
    if not relation:
        raise DataError(f"{RELATION!r} is empty", where=where)
    return JsonArc(head, relation, confidence_of(fields, confidence, where))


def _placed(arc: JsonArc, first: int, length: int, where: str) -> Arc:
    if arc.head is None:
        return Arc(ROOT, arc.relation, arc.confidence)
    if not first <= arc.head < first + length:
        found = f"the head {arc.head} ({arc.relation}) is in another sentence, not in {first} to {first + length - 1}"
        raise DataError(found, where=where, fix="Heads are places in the document's 'tokens', counted from 0")
    return Arc(arc.head - first + 1, arc.relation, arc.confidence)


def _in_order(arc: Arc) -> tuple[int, str]:
    return arc.head, arc.relation
