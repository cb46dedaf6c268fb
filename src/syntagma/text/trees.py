"""What a tree must be: one root, and every word hanging from it; and whether its arcs cross."""

from __future__ import annotations

from collections.abc import Sequence

from syntagma.text.document import ROOT, Arc


def tree_fault(arcs: Sequence[Arc], *, one_root: bool = True) -> str | None:
    """What keeps one arc a word from being a tree, in words, or None: no root, several roots, a circle.

    With `one_root` False several words may hang from the root, as in treebanks older than Universal Dependencies.
    """
    roots = [str(number) for number, arc in enumerate(arcs, 1) if arc.head == ROOT]
    if one_root and len(roots) > 1:
        return f"{len(roots)} roots: the words {', '.join(roots[:-1])} and {roots[-1]}"
    if circle := _circle([arc.head for arc in arcs]):
        return "a circle: " + " → ".join(map(str, circle))
    return None


def is_projective(arcs: Sequence[Arc]) -> bool:
    """Whether no two arcs of a tree cross when all are drawn above the words, the root's from the left end."""
    spans = [(min(arc.head, number), max(arc.head, number)) for number, arc in enumerate(arcs, 1)]
    return not any(one[0] < other[0] < one[1] < other[1] for one in spans for other in spans)


def _circle(heads: Sequence[int]) -> list[int]:
    """The words of a circle of heads from its first word back to it, or none."""
    safe = {ROOT}
    for start in range(1, len(heads) + 1):
        way: dict[int, None] = {}
        word = start
        while word not in safe and word not in way:
            way[word] = None
            word = heads[word - 1]
        if word in way:
            inside = list(way)[list(way).index(word) :]
            first = inside.index(min(inside))
            return [*inside[first:], *inside[: first + 1]]
        safe.update(way)
    return []
