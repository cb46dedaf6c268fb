"""The vector cache: what comes out is what the encoder says; nothing stale, misplaced or half-written comes out."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import torch

from syntagma.encoders import CharacterLM, Hashed, WordVectors
from syntagma.encoders.cache import Cached, DiskLimit, VectorStore, fill, filling, lacking_bytes
from syntagma.errors import ModelError, OutputError
from syntagma.text.view import View

LIMIT = DiskLimit(most=1_000_000, spare=0)


class Counting(CharacterLM):
    """Counts the words that it encodes; optionally stops as if by Ctrl-C."""

    encoded = 0
    stop_after = 10**9

    def forward(self, views: Sequence[View]) -> WordVectors:
        if self.encoded >= self.stop_after:
            raise KeyboardInterrupt
        self.encoded += sum(len(view.words) for view in views)
        return super().forward(views)


@pytest.fixture
def counting() -> Counting:
    torch.manual_seed(1)
    return Counting("abcdef", embedding=4, hidden=3).eval()


def test_what_is_read_is_what_the_encoder_says(encoder: CharacterLM, views: list[View], tmp_path: Path) -> None:
    cached = Cached.of(encoder, tmp_path)
    assert fill(cached.store, encoder, views, limit=LIMIT) == 9
    again = Cached.of(encoder, tmp_path)
    for batch in (views, views[::-1], views[2:3], [views[4]], []):
        expected, lengths = encoder(batch)
        found = again(batch)
        assert found.vectors.dtype == torch.float32
        assert found.vectors.shape == expected.shape
        assert torch.equal(found.lengths, lengths)
        torch.testing.assert_close(found.vectors, expected, atol=1e-3, rtol=1e-3)
    assert cached.store.files.rows == 9
    assert cached.store.files.bytes == sum(path.stat().st_size for path in tmp_path.rglob("*.vectors"))
    assert not list(cached.parameters())
    assert not cached.state_dict()


def test_every_text_is_computed_once(counting: Counting, views: list[View], tmp_path: Path) -> None:
    store = Cached.of(counting, tmp_path).store
    heard: list[tuple[int, int]] = []
    fill(store, counting, [*views, *views], limit=LIMIT, progress=lambda *told: heard.append(told))
    assert counting.encoded == 9
    assert heard[-1] == (9, 9)
    assert fill(store, counting, views, limit=LIMIT) == 0
    further = View(["fab", "a"])
    assert fill(Cached.of(counting, tmp_path).store, counting, [*views, further], limit=LIMIT) == 2
    assert counting.encoded == 11


def test_a_text_that_is_not_there_is_an_error(encoder: CharacterLM, views: list[View], tmp_path: Path) -> None:
    cached = Cached.of(encoder, tmp_path)
    fill(cached.store, encoder, views[:2], limit=LIMIT)
    with pytest.raises(ModelError, match="no vectors for the text 'deaf cafe bead'"):
        cached(views[3:4])
    # the same words with context are another text
    with pytest.raises(ModelError, match="no vectors for the text 'a cab'"):
        cached([View(["a", "cab"], context=[["bad"]])])


def test_words_are_told_apart_from_where_they_are_cut(encoder: CharacterLM, tmp_path: Path) -> None:
    store = Cached.of(encoder, tmp_path).store
    texts = [View(["a b"]), View(["a", "b"]), View(["ab"]), View(['a","b']), View(["\ud800"]), View([])]
    assert len({store.key(view) for view in texts}) == len(texts)
    placed = View(["a"], before=["b"])
    assert store.key(placed) == store.key(View(["a"]))
    around = VectorStore(tmp_path, "0" * 64, 6, around=True)
    assert around.key(placed) != around.key(View(["a"]))


def test_damaged_files_are_named(encoder: CharacterLM, views: list[View], tmp_path: Path) -> None:
    fill(Cached.of(encoder, tmp_path).store, encoder, views, limit=LIMIT)
    (path,) = tmp_path.rglob("*.vectors")
    whole = path.read_bytes()
    for damaged in (
        whole[:-1],
        whole + b"0",
        whole[:40],
        b"",
        b"x" + whole[1:],
        whole.replace(b'"width": 6', b'"width": 7'),
    ):
        path.write_bytes(damaged)
        with pytest.raises(ModelError, match=r"damaged file of the cache.*\. Delete it: it will be computed again"):
            Cached.of(encoder, tmp_path)
    for place, message in [(-1, "its rows are not"), (200, "its index is not")]:
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(ModelError, match=message):
            Cached.of(encoder, tmp_path)(views)
    path.unlink()
    assert fill(Cached.of(encoder, tmp_path).store, encoder, views, limit=LIMIT) == 9


def test_files_of_another_encoder_are_refused(encoder: CharacterLM, views: list[View], tmp_path: Path) -> None:
    store = Cached.of(encoder, tmp_path).store
    fill(store, encoder, views, limit=LIMIT)
    clash = store.files.identity[:32] + "0" * 32
    with pytest.raises(ModelError, match="of another encoder"):
        VectorStore(tmp_path, clash, 6, around=False)


def test_an_interrupted_filling_goes_on(
    counting: Counting, views: list[View], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "SHARD_BYTES", 1)
    monkeypatch.setattr(filling, "BATCH_WORDS", 2)
    store = Cached.of(counting, tmp_path).store
    counting.stop_after = 4
    with pytest.raises(KeyboardInterrupt):
        fill(store, counting, views, limit=LIMIT)
    done = counting.encoded
    assert 4 <= done < 9
    (store.files.path / "left.part").write_bytes(b"of a killed process")
    counting.stop_after = 10**9
    assert fill(Cached.of(counting, tmp_path).store, counting, views, limit=LIMIT) == 9 - done
    assert {path.suffix for path in store.files.path.iterdir()} == {".vectors"}
    assert Cached.of(counting, tmp_path)(views).vectors.shape == (6, 3, 6)


def test_bounds_are_checked_before_anything_is_computed(
    counting: Counting, views: list[View], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Cached.of(counting, tmp_path).store
    with pytest.raises(OutputError, match=r"would grow to 0\.00 MB, and its limit is 0\.00 MB.*Raise the limit"):
        fill(store, counting, views, limit=DiskLimit(most=100))
    with pytest.raises(OutputError, match=r"needs 0\.00 MB more and 1000000000\.00 GB to spare, and "):
        fill(store, counting, views, limit=DiskLimit(spare=10**18))
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError, match="the cache cannot be written: "):
        fill(Cached.of(counting, tmp_path / "file" / "cache").store, counting, views, limit=LIMIT)
    assert counting.encoded == 0


def test_what_the_cache_holds_counts_against_its_limit(encoder: CharacterLM, views: list[View], tmp_path: Path) -> None:
    store = Cached.of(encoder, tmp_path).store
    limit = DiskLimit(most=lacking_bytes(store, views) + 100, spare=0)
    fill(store, encoder, views, limit=limit)
    with pytest.raises(OutputError, match="the cache would grow"):
        fill(store, encoder, [View(["other", "words"])], limit=limit)


def test_a_disk_that_fills_up_meanwhile(
    encoder: CharacterLM,
    views: list[View],
    tmp_path: Path,
    tight_disk: Callable[[int], AbstractContextManager[None]],
) -> None:
    store = Cached.of(encoder, tmp_path).store
    with tight_disk(300), pytest.raises(OutputError, match=r"could not be written: File too large.*kept; free some"):
        fill(store, encoder, views, limit=LIMIT)
    assert not list(store.files.path.iterdir())
    assert fill(store, encoder, views, limit=LIMIT) == 9


def test_a_full_cache_is_read_without_writing(encoder: CharacterLM, views: list[View], tmp_path: Path) -> None:
    fill(Cached.of(encoder, tmp_path).store, encoder, views, limit=LIMIT)
    (tmp_path / "lock").unlink()
    (tmp_path / "lock").mkdir()  # nobody can take it
    assert fill(Cached.of(encoder, tmp_path).store, encoder, views, limit=LIMIT) == 0


def test_vectors_that_half_precision_cannot_hold(views: list[View], tmp_path: Path) -> None:
    encoder = Counting("abcdef", embedding=4, hidden=3)
    with torch.no_grad():
        encoder.embedding.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match="half precision"):
        fill(Cached.of(encoder, tmp_path).store, encoder, views, limit=LIMIT)


def test_only_frozen_encoders_have_a_cache(tmp_path: Path) -> None:
    for encoder in (Hashed(width=4), CharacterLM("ab", embedding=2, hidden=2, frozen=False)):
        with pytest.raises(ValueError, match="is not an encoder whose vectors can be kept"):
            Cached.of(encoder, tmp_path)


def fill_in_a_process(folder: Path, texts: list[str], told: multiprocessing.Queue[int]) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    encoder = CharacterLM("abcdef", embedding=4, hidden=3).eval()
    told.put(fill(Cached.of(encoder, folder).store, encoder, [View(text.split()) for text in texts], limit=LIMIT))


def test_who_holds_the_cache_is_told(encoder: CharacterLM, views: list[View], tmp_path: Path) -> None:
    told: list[str] = []
    with (tmp_path / "lock").open("w+") as held:

        def waiting(holder: str) -> None:
            told.append(holder)
            fcntl.flock(held, fcntl.LOCK_UN)

        held.write("process 7 on another machine")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        assert fill(Cached.of(encoder, tmp_path).store, encoder, views, limit=LIMIT, waiting=waiting) == 9
        held.seek(0)
        assert held.read().startswith(f"process {os.getpid()} on ")
    assert told == ["process 7 on another machine"]


def test_nobody_is_waited_for_without_need(encoder: CharacterLM, views: list[View], tmp_path: Path) -> None:
    told: list[str] = []
    fill(Cached.of(encoder, tmp_path).store, encoder, views, limit=LIMIT, waiting=told.append)
    assert told == []


def test_two_processes_share_the_work(
    encoder: CharacterLM, tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(pytestconfig.rootpath)  # the processes import this very file from there
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    random = np.random.default_rng(1)
    texts = [" ".join(random.choice(list("abcdef"), 5)) for _ in range(300)]
    processes = [context.Process(target=fill_in_a_process, args=(tmp_path, texts, told)) for _ in range(2)]
    for process in processes:
        process.start()
    computed = [told.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    assert sum(computed) == 5 * len(set(texts))
    views = [View(text.split()) for text in texts]
    torch.testing.assert_close(Cached.of(encoder, tmp_path)(views).vectors, encoder(views).vectors, atol=1e-3, rtol=0)
