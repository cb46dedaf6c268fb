"""Files of ranks, as tiktoken reads them: on each line a token in base64 and its rank, which is its id."""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from pathlib import Path

from syntagma.errors import ModelError

Ranks = dict[bytes, int]


def read_ranks(path: Path) -> Ranks:
    """The ranks of a file, plain or `.gz`. Raises ModelError with the line for anything that is no rank."""
    try:
        data = path.read_bytes()
        lines = (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()
    except (OSError, EOFError, zlib.error) as error:
        raise ModelError(f"cannot be read: {error}", where=str(path), fix="Give a .tiktoken file") from error
    ranks: Ranks = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            token, rank = _entry(line, f"{path}:{number}")
            if ranks.setdefault(token, rank) != rank:
                raise ModelError(f"the token {token!r} has two ranks", where=f"{path}:{number}", fix="Get it again")
    _check_complete(ranks, path)
    return ranks


def merges_of(ranks: Ranks) -> list[tuple[bytes, bytes]]:
    """Every way to put a token together from two others, in the order of the ranks.

    Byte-pair encoding by ranks joins whichever neighbours give the token of the lowest rank; by merges it joins the
    pair that is listed first. The two agree: alone among the pairs of a token, that into which its own encoding falls
    ever comes to stand side by side, so the others do no harm.
    """
    return [
        (token[:cut], token[cut:])
        for token in sorted(ranks, key=ranks.__getitem__)
        for cut in range(1, len(token))
        if token[:cut] in ranks and token[cut:] in ranks
    ]


def _entry(line: bytes, where: str) -> tuple[bytes, int]:
    try:
        token, rank = line.split()
        return base64.b64decode(token, validate=True), int(rank)
    except (ValueError, binascii.Error) as error:
        raise ModelError(
            f"{line[:60]!r} is no token in base64 with its rank", where=where, fix="Give a .tiktoken file"
        ) from error


def _check_complete(ranks: Ranks, path: Path) -> None:
    if len(set(ranks.values())) < len(ranks):
        raise ModelError("two tokens have one rank", where=str(path), fix="Get the file again")
    lacking = sum(bytes([byte]) not in ranks for byte in range(256))
    if lacking:
        raise ModelError(f"lacks {lacking} of the 256 bytes", where=str(path), fix="Get the file again; it is cut off")
