"""Windows cover every piece once, where it sees the most context."""

from __future__ import annotations

from hypothesis import given, strategies as st

from syntagma.encoders.windows import Window, windows


def test_a_short_text_is_one_window() -> None:
    assert windows(5, 8, 4) == [Window(0, 5, 0, 5)]


def test_nothing_needs_no_window() -> None:
    assert windows(0, 8, 4) == []


def test_a_long_text_by_hand() -> None:
    # Centres at 2, 4 and 6: pieces up to 2 are nearest to the first, 3 and 4 to the second.
    assert windows(8, 4, 2) == [Window(0, 4, 0, 3), Window(2, 6, 3, 5), Window(4, 8, 5, 8)]


@given(st.integers(1, 60), st.integers(1, 12), st.data())
def test_each_piece_is_taken_once_with_the_most_context(length: int, size: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(1, size))
    found = windows(length, size, stride)
    taken = [at for window in found for at in range(window.first, window.last)]
    assert taken == list(range(length))
    for window in found:
        assert window.start <= window.first <= window.last <= window.stop <= length
        assert window.stop - window.start <= size
        for at in range(window.first, window.last):
            best = max(_context(other, at) for other in found if other.start <= at < other.stop)
            assert _context(window, at) == best or length <= size


def _context(window: Window, at: int) -> int:
    return min(at - window.start, window.stop - 1 - at)
