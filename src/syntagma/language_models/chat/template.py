"""A chat template: how a family writes turns. Of a conversation's ids only the template makes control tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syntagma.errors import ModelError, SyntagmaError
from syntagma.language_models.chat.call_entries import written
from syntagma.language_models.chat.message import ASSISTANT, SYSTEM, TOOL, USER, Message
from syntagma.language_models.chat.tools import check_tools, tools_text
from syntagma.language_models.tokenization import AddedToken, Tokenizer

_FIELD = re.compile(r"(<\|[^|]+\|>)|\{(text|tools|calls|begin|end)\}")


@dataclass(frozen=True, slots=True)
class Mark:
    """A control token by its text, or by the part it plays in the tokenizer: `{begin}`, `{end}`."""

    text: str


Segment = str | Mark


@dataclass(frozen=True)
class ChatTemplate:
    """How a family writes a conversation, in its own marks: `<|user|>\\n{text}<|end|>\\n`.

    `{text}` is what was said, `{begin}` and `{end}` are the tokenizer's first and last token.
    """

    name: str
    turns: Mapping[str, str]
    """A turn by its role."""
    answer: str
    """What opens the assistant's next turn."""
    stops: tuple[str, ...]
    """Marks that end an answer, besides the tokenizer's end."""
    opening: str = ""
    ending: str = ""
    """What closes a conversation that waits for no answer."""
    system: str | None = None
    """What the system says where a conversation has no turn of the system."""
    tools: str = ""
    """The system's turn with `{tools}`; empty if the family has none."""
    calls: str = ""
    """An assistant's `{calls}`, behind its text; empty if the family has none."""
    advice: Mapping[str, str] = field(default_factory=dict)
    """What to do about a role that it lacks."""

    def render(
        self, messages: Sequence[Message], tokenizer: Tokenizer, *, tools: object = (), answer: bool = True
    ) -> list[int]:
        """The ids of a conversation. No text in it, whoever wrote it, becomes a control token.

        Args:
            messages: the turns, the system's first if there is one.
            tokenizer: the model's.
            tools: what the model may call, as JSON schemas.
            answer: whether the assistant is to speak next; otherwise the conversation is closed, as for training.

        Raises:
            SyntagmaError: no turn, a role that the template lacks, a second turn of the system, tools it cannot write.
            ModelError: a tokenizer without a mark that the template needs.
        """
        segments = self.segments(messages, tools=tools, answer=answer)
        return tokenizer.encode_parts([s if isinstance(s, str) else self._control(s, tokenizer) for s in segments])

    def segments(self, messages: Sequence[Message], *, tools: object = (), answer: bool = True) -> list[Segment]:
        """A conversation as marks and the texts between them. Raises SyntagmaError as `render`."""
        checked = check_tools(tools)
        self._check(messages, answer)
        if self.system is not None and messages[0].role != SYSTEM:
            messages = [Message(SYSTEM, self.system), *messages]
        if checked and not self.tools:
            raise SyntagmaError(
                f"the template {self.name} has no place for tools",
                fix="Describe them in the system's text; calls in the answer are understood all the same",
            )
        if checked and messages[0].role != SYSTEM:
            messages = [Message(SYSTEM, ""), *messages]
        pieces = [*_fill(self.opening)]
        for message in messages:
            pieces += self._turn(message, tools_text(checked) if checked and message.role == SYSTEM else "")
        return _joined([*pieces, *_fill(self.answer if answer else self.ending)])

    def stop_ids(self, tokenizer: Tokenizer) -> frozenset[int]:
        """The ids that end an answer: the tokenizer's end, and those of the template's marks that it has."""
        marks = (tokenizer.controls.by_text.get(stop) for stop in self.stops)
        ids = {mark.id for mark in marks if mark is not None}
        return frozenset(ids if tokenizer.special_ids.end is None else ids | {tokenizer.special_ids.end})

    def _turn(self, message: Message, tools: str) -> Iterator[Segment]:
        pattern = self.tools if tools else self.turns[message.role]
        for segment in _fill(pattern, tools=tools):
            if segment == Mark("{text}"):
                yield message.text
                if message.calls:
                    yield from _fill(self.calls, calls=written(message.calls))
            else:
                yield segment

    def _check(self, messages: Sequence[Message], answer: bool) -> None:
        if not messages or (answer and all(message.role == SYSTEM for message in messages)):
            raise SyntagmaError("nobody has said anything yet", fix="Begin with a turn of the user")
        for number, message in enumerate(messages, start=1):
            where = f"turn {number}"
            if message.role not in self.turns:
                raise SyntagmaError(
                    f"the template {self.name} has no turn for the role {message.role!r}; it has "
                    f"{', '.join(self.turns)}",
                    where=where,
                    fix=self.advice.get(message.role, "Use one of these, or another template"),
                )
            if message.role == SYSTEM and number > 1:
                raise SyntagmaError(
                    "the system speaks once, and first", where=where, fix="Put all of its text into the first turn"
                )
            if message.calls and (message.role != ASSISTANT or not self.calls):
                raise SyntagmaError(f"the template {self.name} has no calls by the {message.role}", where=where)
        if answer and messages[-1].role not in (USER, TOOL):
            raise SyntagmaError(
                f"the last turn is the {messages[-1].role}'s, and an answer is asked for",
                where=f"turn {len(messages)}",
                fix="Add a turn of the user",
            )

    def _control(self, mark: Mark, tokenizer: Tokenizer) -> AddedToken:
        played = {"{begin}": tokenizer.special_ids.begin, "{end}": tokenizer.special_ids.end}
        number = played[mark.text] if mark.text in played else tokenizer.id_of(mark.text)
        control = None if number is None else tokenizer.controls.by_id.get(number)
        if control is None:
            raise ModelError(
                f"the template {self.name} needs the token {mark.text}, and the tokenizer has none",
                where=tokenizer.where,
                fix="Choose the model's own template",
            )
        return control


def _fill(pattern: str, **texts: str) -> Iterator[Segment]:
    """A pattern's marks and texts; a field without a text stays a mark."""
    end = 0
    for match in _FIELD.finditer(pattern):
        yield pattern[end : match.start()]
        yield texts[match[2]] if match[2] in texts else Mark(match[0])
        end = match.end()
    yield pattern[end:]


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """Texts that touch are one: words are cut as in the whole."""
    joined: list[Segment] = []
    for segment in segments:
        if isinstance(segment, str) and joined and isinstance(joined[-1], str):
            joined[-1] += segment
        elif segment != "":
            joined.append(segment)
    return joined
