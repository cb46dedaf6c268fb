"""Text that somebody else wrote, made fit for a terminal."""

from __future__ import annotations

import re

_DRIVING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff]")


def harmless(text: str) -> str:
    """The text with U+FFFD for what could drive a terminal or turn its writing: control characters other than tab and
    line feed, overrides of direction, lone surrogates.
    """
    return _DRIVING.sub("\ufffd", text)
