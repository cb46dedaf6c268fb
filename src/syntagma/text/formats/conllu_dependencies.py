"""Dependencies in CoNLL-U: the tree of HEAD and DEPREL, the graph of DEPS, and the arcs' confidences in MISC.

`HeadP=0.9731` is the confidence of a word's arc in the tree; `DepsP=0.9000,0.8125` are those of its arcs in the graph,
in the order of DEPS, `_` for one that is not known. The comment `# enhanced = 0` says of a sentence without any arc in
its graph that it has one; else DEPS itself says so.

Empty nodes (`8.1`) stand for no word. A path over them is one arc between words, whose relation joins those on its
way by `>`, as in the evaluation of the IWPT shared tasks: from 27 by `conj` to 33.1 and by `nsubj` to 33 is
`conj>nsubj`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from syntagma.errors import DataError
from syntagma.text.document import ROOT, Arc
from syntagma.text.formats.conllu_sentences import ConlluRow, ConlluSentence
from syntagma.text.formats.dependency_columns import NOTHING, arc, read_tree, word_numbers
from syntagma.text.formats.writing import clean_field

MARK = "enhanced"
TREE_KEY, GRAPH_KEY = "HeadP", "DepsP"
CONFIDENCES = re.compile(rf"(?:^|\|)({TREE_KEY}|{GRAPH_KEY})=([^|]*)")
PROBABILITY = re.compile(r"[01](?:\.[0-9]+)?")

Edges = list[tuple[str, str]]
"""Arcs to one node as the file has them: the head's id and the relation."""


def read_basic(sentence: ConlluSentence) -> list[Arc] | None:
    """The tree, one arc a word; None where a word has no head or no relation.

    Raises:
        DataError: a head that is no number, that is not there, or that is the word itself.
    """
    rows = _words(sentence)
    ids, heads, relations = [row.id for row in rows], [row.head for row in rows], [row.deprel for row in rows]
    arcs = read_tree(heads, relations, lambda index: sentence.where_of(rows[index]), ids)
    if arcs is None or not any(TREE_KEY in row.misc for row in rows):
        return arcs
    return [_sure(each, _confidences(row, TREE_KEY, 1)[0]) for each, row in zip(arcs, rows, strict=True)]


def read_enhanced(sentence: ConlluSentence) -> list[list[Arc]] | None:
    """The graph, each word's arcs in order of head and relation; None where no word has any, unless it is marked.

    Raises:
        DataError: what is no `head:relation`, or a head that is not there.
    """
    rows = _words(sentence)
    if all(row.deps == NOTHING for row in rows):
        return [[] for _ in rows] if MARK in sentence.values else None
    nodes = {row.id: _edges(row, sentence) for row in sentence.rows if not row.is_range}
    _check_heads(nodes, sentence)
    numbers = word_numbers([row.id for row in rows])
    return [_arcs(row, nodes, numbers) for row in rows]


def tree_fields(arcs: Sequence[Arc] | None, length: int) -> Iterator[tuple[str, str, str]]:
    """HEAD, DEPREL, and what MISC says of the arc, for each of `length` words."""
    for each in arcs or ():
        confidence = "" if each.confidence is None else f"{TREE_KEY}={each.confidence:.4f}"
        yield str(each.head), clean_field(each.relation), confidence
    for _ in range(0 if arcs else length):
        yield NOTHING, NOTHING, ""


def graph_fields(graph: Sequence[Sequence[Arc]] | None, length: int) -> Iterator[tuple[str, str]]:
    """DEPS, and what MISC says of its arcs, for each of `length` words; `|`, which parts arcs, becomes `/`."""
    for arcs in graph or [()] * length:
        deps = "|".join(f"{each.head}:{clean_field(each.relation).replace('|', '/')}" for each in arcs)
        known = any(each.confidence is not None for each in arcs)
        sure = ",".join(NOTHING if each.confidence is None else f"{each.confidence:.4f}" for each in arcs)
        yield deps or NOTHING, f"{GRAPH_KEY}={sure}" if known else ""


def _words(sentence: ConlluSentence) -> list[ConlluRow]:
    return [row for row in sentence.rows if not row.is_range and not row.is_empty]


def _edges(row: ConlluRow, sentence: ConlluSentence) -> Edges:
    edges = []
    for part in row.deps.split("|") if row.deps != NOTHING else ():
        head, _, relation = part.partition(":")
        if not (head and relation):
            fix = f"Write DEPS as 4:nsubj|6:conj, or {NOTHING!r} for none"
            found = f"the dependency {part!r} is not a head and a relation"
            raise DataError(found, where=sentence.where_of(row), fix=fix)
        edges.append((head, relation))
    return edges


def _check_heads(nodes: Mapping[str, Edges], sentence: ConlluSentence) -> None:
    there = {*nodes, str(ROOT)}
    for row in sentence.rows:
        for head, relation in nodes.get(row.id, ()):
            if head not in there:
                found = f"the head of the dependency {head}:{relation} is not in the sentence"
                raise DataError(found, where=sentence.where_of(row), fix="Give a word's id, an empty node's, or 0")


def _arcs(row: ConlluRow, nodes: Mapping[str, Edges], numbers: Mapping[str, int]) -> list[Arc]:
    edges = nodes[row.id]
    if len(edges) == 1 and edges[0][0] in numbers and GRAPH_KEY not in row.misc:  # as nearly all are, and much quicker
        return [arc(numbers[edges[0][0]], edges[0][1])]
    sure = _confidences(row, GRAPH_KEY, len(edges))
    found = {
        (numbers[start], way): confidence
        for (head, relation), confidence in zip(edges, sure, strict=True)
        for start, way in _contracted(head, relation, nodes, ())
    }
    return [_sure(arc(*key), found[key]) for key in sorted(found)]


def _contracted(head: str, relation: str, nodes: Mapping[str, Edges], passed: tuple[str, ...]) -> Edges:
    """The edge itself where it comes from a word, else all paths over empty nodes; none goes in circles."""
    if "." not in head:
        return [(head, relation)]
    if head in passed:
        return []
    ways = ((before, f"{first}>{relation}") for before, first in nodes[head])
    return [end for before, way in ways for end in _contracted(before, way, nodes, (*passed, head))]


def _confidences(row: ConlluRow, key: str, count: int) -> list[float | None]:
    """The confidences under a key of MISC; all unknown where there are not as many as arcs."""
    listed = dict(CONFIDENCES.findall(row.misc)).get(key, "").split(",") if key in row.misc else []
    if len(listed) != count:
        return [None] * count
    return [float(each) if PROBABILITY.fullmatch(each) else None for each in listed]


def _sure(known: Arc, confidence: float | None) -> Arc:
    return known if confidence is None else replace(known, confidence=confidence)
