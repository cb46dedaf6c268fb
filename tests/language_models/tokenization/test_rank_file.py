"""Files of ranks: read line by line, and merges that give what encoding by ranks gives."""

from __future__ import annotations

import base64
import gzip
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from syntagma.errors import ModelError
from syntagma.language_models.tokenization.byte_alphabet import spelt
from syntagma.language_models.tokenization.rank_file import Ranks, merges_of, read_ranks

from ..small_tokenizers import tokenizers

ALL_BYTES = {bytes([byte]): byte for byte in range(256)}


def write(path: Path, ranks: Ranks) -> Path:
    lines = b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in ranks.items())
    path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)
    return path


def by_ranks(ranks: Ranks, data: bytes) -> list[int]:
    """tiktoken's definition: join the neighbours of the lowest rank, the leftmost of equals, as long as any do."""
    if data in ranks:
        return [ranks[data]]
    parts = [bytes([byte]) for byte in data]
    while True:
        joined = [(ranks[a + b], at) for at, (a, b) in enumerate(pairwise(parts)) if a + b in ranks]
        if not joined:
            return [ranks[part] for part in parts]
        at = min(joined)[1]
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


@st.composite
def trained_ranks(draw: st.DrawFn) -> Ranks:
    """Ranks as training makes them: every token is two earlier ones."""
    ranks, letters = dict(ALL_BYTES), [b"a", b"b", b"c"]
    for _ in range(draw(st.integers(0, 12))):
        token = draw(st.sampled_from(letters)) + draw(st.sampled_from(letters))
        if token not in ranks:
            ranks[token] = len(ranks)
            letters.append(token)
    return ranks


@given(ranks=trained_ranks(), text=st.text("abc", max_size=20))
def test_merges_give_what_ranks_give(ranks: Ranks, text: str) -> None:
    merges = [(spelt(a), spelt(b)) for a, b in merges_of(ranks)]
    model = tokenizers.models.BPE({spelt(token): rank for token, rank in ranks.items()}, merges, ignore_merges=True)
    assert [token.id for token in model.tokenize(text)] == (by_ranks(ranks, text.encode()) if text else [])


@pytest.mark.parametrize("name", ["some.tiktoken", "some.tiktoken.gz"])
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    ranks = {**ALL_BYTES, b"ab": 256, "é".encode(): 300}
    assert read_ranks(write(tmp_path / name, ranks)) == ranks


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"YWI=", ":257: b'YWI=' is no token in base64 with its rank"),
        (b"YWI= x", ":257: .* is no token"),
        (b"Y*WI= 256", ":257: .* is no token"),
        (b"YQ== 400", ":257: the token b'a' has two ranks"),
        (b"YWI= 7", "two tokens have one rank"),
    ],
)
def test_broken_lines_are_named(tmp_path: Path, line: bytes, message: str) -> None:
    path = write(tmp_path / "some.tiktoken", ALL_BYTES)
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(ModelError, match=message):
        read_ranks(path)


def test_files_that_are_cut_off_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "some.tiktoken", {bytes([byte]): byte for byte in range(200)})
    with pytest.raises(ModelError, match="lacks 56 of the 256 bytes"):
        read_ranks(path)
    zipped = write(tmp_path / "some.tiktoken.gz", ALL_BYTES)
    zipped.write_bytes(zipped.read_bytes()[:100])
    with pytest.raises(ModelError, match="cannot be read"):
        read_ranks(zipped)
    with pytest.raises(ModelError, match="cannot be read"):
        read_ranks(tmp_path / "absent")
