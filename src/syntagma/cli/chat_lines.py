"""A conversation by lines: each one read is a turn, or what a tool returned, and is answered before the next."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TextIO

from syntagma.cli.answer import Answer, answered, call_text
from syntagma.cli.harmless import harmless
from syntagma.cli.tools import results_text
from syntagma.errors import DataError, SyntagmaError

if TYPE_CHECKING:
    from syntagma.language_models.conversation import Conversation

_RESULT = '{"tool":'
_FIX = 'Write {"tool": "its name", "result": what it returned}'


def chat_by_lines(conversation: Conversation, lines: Iterable[bytes], stream: TextIO, *, as_json: bool) -> None:
    """Answer every line that is not blank, in order.

    Raises:
        DataError: a line that is not UTF-8, or a tool's result that none was asked for.
        SyntagmaError: what no longer fits into the model.
    """
    pending: dict[int, object] = {}
    for where, line in _read(lines):
        if line.replace(" ", "").startswith(_RESULT):
            _take_result(conversation, pending, line, where)
            if len(pending) < len(conversation.calls):
                continue
            ask = partial(conversation.give, results_text([pending[place] for place in sorted(pending)]))
        else:
            ask = partial(conversation.say, line)
        pending.clear()
        _answer(conversation, ask, where, stream, as_json=as_json)


def _read(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Lines with something in them, without their ends, and where each stands."""
    for number, raw in enumerate(lines, start=1):
        where = f"standard input:{number}"
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise DataError(f"not UTF-8 at byte {error.start + 1} of the line", where=where) from None
        if line.strip():
            yield where, line


def _answer(
    conversation: Conversation, ask: Callable[[], Iterator[str]], where: str, stream: TextIO, *, as_json: bool
) -> None:
    def show(piece: str) -> None:
        stream.write(harmless(piece))
        stream.flush()

    try:
        answer = answered(conversation, ask(), (lambda piece: None) if as_json else show)
    except SyntagmaError as error:
        raise DataError(error.found, where=where, fix=error.fix) from error
    stream.write(f"{json.dumps(answer.record(), ensure_ascii=False)}\n" if as_json else _ended(answer))
    stream.flush()


def _ended(answer: Answer) -> str:
    """What follows an answer's text: the end of its line, and its calls, one a line."""
    return "\n" * bool(answer.text or not answer.calls) + "".join(f"{harmless(call_text(c))}\n" for c in answer.calls)


def _take_result(conversation: Conversation, pending: dict[int, object], line: str, where: str) -> None:
    """Put a tool's result into the place of the first call that waits for it."""
    try:
        found = json.loads(line)
    except ValueError as error:
        raise DataError(f"no JSON: {error}", where=where, fix=_FIX) from error
    if "result" not in found:
        raise DataError("the tool has no result", where=where, fix=_FIX)
    waiting = [place for place, call in enumerate(conversation.calls) if place not in pending]
    place = next((place for place in waiting if conversation.calls[place].name == found["tool"]), None)
    if place is None:
        names = ", ".join(repr(conversation.calls[place].name) for place in waiting) or "none"
        raise DataError(f"the tool {found['tool']!r} has not been called", where=where, fix=f"Results awaited: {names}")
    pending[place] = found["result"]
