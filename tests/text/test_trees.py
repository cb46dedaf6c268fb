from __future__ import annotations

from itertools import product

import pytest

from syntagma.text.document import Arc
from syntagma.text.trees import is_projective, tree_fault


def arcs(*heads: int) -> list[Arc]:
    return [Arc(head, "dep") for head in heads]


@pytest.mark.parametrize(
    ("heads", "fault"),
    [
        ((0,), None),
        ((2, 0, 2), None),
        ((0, 0, 2, 0), "3 roots: the words 1, 2 and 4"),
        ((2, 3, 1, 0), "a circle: 1 → 2 → 3 → 1"),
        ((0, 4, 2, 3), "a circle: 2 → 4 → 3 → 2"),
        ((2, 1), "a circle: 1 → 2 → 1"),
    ],
)
def test_what_is_no_tree_is_told(heads: tuple[int, ...], fault: str | None) -> None:
    assert tree_fault(arcs(*heads)) == fault


def test_several_roots_may_be_allowed() -> None:
    assert tree_fault(arcs(0, 0), one_root=False) is None
    assert tree_fault(arcs(2, 1), one_root=False) == "a circle: 1 → 2 → 1"


def reaches(heads: tuple[int, ...], word: int, head: int) -> bool:
    """Whether a word hangs from a head, directly or not."""
    for _ in heads:
        if word == head:
            return True
        word = heads[word - 1] if word else 0
    return word == head


def test_projective_means_that_a_head_reaches_all_words_under_its_arc() -> None:
    checked = 0
    for heads in product(range(6), repeat=5):
        if tree_fault(arcs(*heads)) is None:
            checked += 1
            under = (
                reaches(heads, inner, head)
                for word, head in enumerate(heads, 1)
                for inner in range(min(word, head) + 1, max(word, head))
            )
            assert is_projective(arcs(*heads)) == all(under), heads
    assert checked == 5 * 5**3  # Cayley: n ** (n - 1) rooted trees
