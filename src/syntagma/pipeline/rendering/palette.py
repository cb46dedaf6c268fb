"""One colour per label, the same in every output and every run."""

from __future__ import annotations

from zlib import crc32

_WELL_KNOWN = {"PER": 212, "PERSON": 212, "LOC": 140, "GPE": 140, "ORG": 32, "MISC": 285, "DATE": 345}


def hue(label: str) -> int:
    """The label's colour as a hue in degrees, 0 to 359: fixed for well-known labels, else from its name."""
    return _WELL_KNOWN.get(label.upper(), crc32(label.encode("utf-8", "replace")) % 36 * 10)
