"""Computing the targets that a store lacks: in batches, one process at a time, kept as far as it went."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from syntagma.encoders.cache import DiskLimit
from syntagma.encoders.cache.filling import SHARD_BYTES, alone, prepare
from syntagma.learning.batches import by_length
from syntagma.learning.distillation.preparation import Preparation
from syntagma.learning.distillation.store import TargetStore
from syntagma.learning.distillation.tables import Cells
from syntagma.text.document import Sentence

BATCH_WORDS = 2000


def fill(
    store: TargetStore,
    preparation: Preparation,
    sentences: Sequence[Sentence],
    *,
    limit: DiskLimit,
    progress: Callable[[int, int], None] = lambda done, total: None,
    waiting: Callable[[str], None] = lambda holder: None,
) -> int:
    """Compute and keep what the store lacks of these sentences; `progress` hears of words done and in all.

    An interruption loses at most what the next file would have held. While another process fills the same cache, this
    one waits, says for whom (`waiting`), and computes only what is still lacking. Returns the number of words.

    Raises:
        OutputError: the limit is reached, or writing fails.
    """
    if not store.missing(sentences):
        return 0
    for model in (*preparation.teachers, preparation.student):
        model.eval()
    with alone(store.cache, waiting):
        store.files.refresh()
        missing = store.missing(sentences)
        limit.check(store.cache, 0)
        prepare(store.files.path)
        total = sum(len(sentence.tokens) for sentence in missing.values())
        _compute(store, preparation, missing, limit, lambda done: progress(done, total))
        store.files.refresh()
    return total


def _compute(
    store: TargetStore,
    preparation: Preparation,
    missing: Mapping[bytes, Sentence],
    limit: DiskLimit,
    progress: Callable[[int], None],
) -> None:
    keys = list(missing)
    lengths = [len(missing[key].tokens) for key in keys]
    records: list[tuple[bytes, list[Cells]]] = []
    held = done = 0
    started = time.monotonic()
    batches = by_length(lengths, words=BATCH_WORDS)
    for number, batch in enumerate(batches, start=1):
        made, _ = preparation.records([missing[keys[index]] for index in batch])
        records += zip((keys[index] for index in batch), made, strict=True)
        held += sum(cells.nbytes for record in made for cells in record)
        done += sum(lengths[index] for index in batch)
        progress(done)
        if held >= SHARD_BYTES or number == len(batches):
            limit.check(store.cache, held)
            store.write(records, time.monotonic() - started)
            records, held, started = [], 0, time.monotonic()
