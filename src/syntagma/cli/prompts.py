"""Prompts of a file: lines or all of a text, or JSON lines of texts and conversations."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from syntagma.cli.inputs import STANDARD_INPUT
from syntagma.errors import DataError, SyntagmaError

if TYPE_CHECKING:
    from syntagma.language_models.chat import Message
    from syntagma.language_models.language_model import LanguageModel

PromptFormat = Literal["text", "jsonl"]
PromptsBy = Literal["line", "file"]

_FIX = 'Write {"prompt": "..."} or {"messages": [{"role": "user", "content": "..."}]}'


@dataclass(frozen=True)
class Prompt:
    """Text to go on from, or a conversation to answer."""

    value: str | Sequence[Message]
    where: str
    """File and line, for messages."""

    @property
    def shown(self) -> str:
        """As a person reads it."""
        if isinstance(self.value, str):
            return self.value
        return "".join(f"{message.role}: {message.text}\n" for message in self.value)


def prompt_format(path: Path) -> PromptFormat:
    """What a file's name says."""
    return "jsonl" if path.suffix.lower() in (".jsonl", ".json") else "text"


def read_prompts(path: Path, format: PromptFormat, by: PromptsBy) -> list[Prompt]:
    """All prompts of a file, or of standard input for `-`. Blank lines are none; a line's end is no part of it.

    Raises:
        DataError: the file is missing or not UTF-8, a line is no prompt, or there is none at all.
    """
    from syntagma.text.formats.reading import read_blocks, read_lines

    source = sys.stdin.buffer if str(path) == STANDARD_INPUT else path
    if format == "text" and by == "file":
        text = "".join(read_blocks(source)).removesuffix("\n").removesuffix("\r")
        found = [Prompt(text, str(path))] if text.strip() else []
    else:
        lines = ((f"{path}:{n}", line.rstrip("\r\n")) for n, line in enumerate(read_lines(source), 1) if line.strip())
        found = [Prompt(line, where) for where, line in lines] if format == "text" else list(_of_json(lines))
    if not found:
        raise DataError("there is no prompt in it", where=str(path))
    return found


def check_prompts(prompts: Sequence[Prompt], model: LanguageModel) -> None:
    """See before anything is generated whether the model can take every prompt.

    Raises:
        DataError: one is too long for it or empty, or its template cannot write a conversation.
    """
    room = model.decoder.config.max_positions - 1
    for prompt in prompts:
        try:
            tokens = model.tokens(prompt.value)
        except SyntagmaError as error:
            where = prompt.where if error.where is None else f"{prompt.where}, {error.where}"
            raise DataError(error.found, where=where, fix=error.fix) from error
        if not 0 < len(tokens) <= room:
            raise DataError(f"a prompt of {len(tokens):,} tokens", where=prompt.where, fix=f"1 to {room:,} can be read")


def _of_json(lines: Iterator[tuple[str, str]]) -> Iterator[Prompt]:
    from syntagma.language_models.chat import read_messages

    for where, line in lines:
        entry = _entry(line, where)
        if isinstance(entry.get("prompt"), str):
            yield Prompt(entry["prompt"], where)
        elif "messages" in entry:
            yield Prompt(read_messages(entry["messages"], where), where)
        else:
            raise DataError("neither a prompt nor messages", where=where, fix=_FIX)


def _entry(line: str, where: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"no JSON: {error}", where=where, fix=_FIX) from error
    if not isinstance(entry, dict) or ("prompt" in entry) == ("messages" in entry):
        raise DataError("no object with either a prompt or messages", where=where, fix=_FIX)
    return entry
