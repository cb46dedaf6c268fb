"""How the command ends: its exit codes, and the ends that are no error of the library."""

from __future__ import annotations

import re

USER_ERROR = 2
INTERRUPTED = 130
BROKEN_PIPE = 141

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class UsageError(Exception):
    """Arguments that do not fit together."""


class ClosedOutput(Exception):
    """Whoever read our standard output (`| head`) has gone: nothing more is wanted, and nothing is wrong."""


def one_line(message: str) -> str:
    """The message as a single line that cannot drive a terminal, whatever the file that it quotes holds."""
    return _CONTROL.sub("\ufffd", message.replace("\n", " "))
