"""Text made safe to show: nothing in it can drive a terminal, break an encoder, or vanish."""

from __future__ import annotations

import re

# All C0 and C1 controls but tab and line feed, DEL, and lone surrogates (which no UTF-8 stream accepts).
_UNSAFE = re.compile("\r\n?|[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_DELETE = "\x7f"


def safe_text(text: str) -> str:
    """Control characters as visible symbols (U+2400 block), lone surrogates as U+FFFD, line ends as `\\n`."""
    return _UNSAFE.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    found = match[0]
    if found.startswith("\r"):
        return "\n"
    if found == _DELETE:
        return "\u2421"
    return chr(0x2400 + ord(found)) if found < " " else "\ufffd"
