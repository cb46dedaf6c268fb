"""A conversation at a terminal: a prompt with line editing, answers as they come, a few commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from syntagma.cli.answer import Answer, answered, call_text
from syntagma.cli.harmless import harmless
from syntagma.cli.tools import results_text
from syntagma.cli.waiting import waiting
from syntagma.cli.wrapping import Wrapping
from syntagma.errors import SyntagmaError

if TYPE_CHECKING:
    from rich.console import Console

    from syntagma.language_models.conversation import Conversation

_HELP = """/new           forget what was said
/system TEXT   tell the model TEXT first, from now on; without TEXT what its template says
/exit          end, as Ctrl-D does
Ctrl-C stops an answer and keeps what has come of it; at the prompt, twice, it ends."""
_ENDINGS = {
    "cancelled": "stopped",
    "length": "cut off: --max-tokens N allows more",
    "window": "the model can read no more: /new begins anew",
}


class TerminalChat:
    """What a person sees of a conversation."""

    def __init__(self, conversation: Conversation, console: Console) -> None:
        self._conversation, self._console = conversation, console
        self._interrupted = False
        with suppress(ImportError):  # Windows has line editing of its own
            import readline  # noqa: F401 - from now on input() edits lines

    def run(self) -> None:
        """Ask for turns and have them answered until the person has had enough.

        Raises:
            KeyboardInterrupt: Ctrl-C at the prompt just after another.
        """
        self._note("/help lists commands; Ctrl-D ends")
        while (line := self._asked("> ")) is not None:
            command, _, rest = line.rstrip().partition(" ")
            if command == "/exit":
                return
            try:
                if command.startswith("/"):
                    self._obey(command, rest.strip())
                else:
                    self._turn(line)
            except SyntagmaError as error:
                self._note(f"error: {error}", style="red")

    def _asked(self, prompt: str) -> str | None:
        """A line that is not blank, or None at the end."""
        while True:
            try:
                line = input(prompt)
            except EOFError:
                self._console.print()
                return None
            except UnicodeDecodeError:
                self._note("error: that was not UTF-8", style="red")
                continue
            except KeyboardInterrupt:
                self._console.print()
                if self._interrupted:
                    raise
                self._interrupted = True
                self._note("Ctrl-C again ends, as Ctrl-D does")
                continue
            if line.strip():
                self._interrupted = False
                return line

    def _obey(self, command: str, rest: str) -> None:
        if command == "/new":
            self._conversation.messages = [one for one in self._conversation.messages if one.role == "system"]
            self._note("What was said is forgotten")
        elif command == "/system":
            self._tell(rest)
        elif command == "/help":
            self._note(_HELP)
        else:
            self._note(f"There is no command {command}. If it is meant as text, begin the line with a space\n{_HELP}")

    def _tell(self, system: str) -> None:
        from syntagma.cli.chat_opening import check_opening
        from syntagma.language_models.chat.message import SYSTEM, Message

        check_opening(self._conversation, system or None)
        turns = [one for one in self._conversation.messages if one.role != SYSTEM]
        self._conversation.messages = [Message(SYSTEM, system), *turns] if system else turns
        self._note("That is what the model is told first" if system else "The model is told what its template says")

    def _turn(self, text: str) -> None:
        """A turn of the person's, and after it as many as there are calls to be answered."""
        self._answer(self._conversation.say(text))
        while self._conversation.calls:
            results = self._results()
            if results is None:
                return
            self._answer(self._conversation.give(results))

    def _answer(self, pieces: Iterator[str]) -> None:
        wrapping = Wrapping(self._console.width)
        with ExitStack() as sign:
            sign.enter_context(waiting("reading"))

            def show(piece: str) -> None:
                sign.close()
                self._console.out(wrapping.feed(harmless(piece)), end="", highlight=False)

            answer = answered(self._conversation, pieces, show, interruptible=True)
        self._interrupted = answer.ending == "cancelled"
        if answer.text and not answer.text.endswith("\n"):
            self._console.print()
        for call, problems in zip(answer.calls, answer.problems, strict=True):
            self._note(f"calls {call_text(call)}", style="cyan")
            for problem in problems:
                self._note(problem, style="yellow")
        self._note(_summary(answer))

    def _results(self) -> str | None:
        """What the person says that the called tools return; None if they would rather go on talking."""
        results = []
        for call in self._conversation.calls:
            result = self._asked(f"{harmless(call.name)} returns> ")
            if result is None:
                return None
            results.append(result)
        return results_text(results if len(results) == 1 else [_value(result) for result in results])

    def _note(self, text: str, *, style: str = "dim") -> None:
        self._console.print(harmless(text), style=style, markup=False, highlight=False, soft_wrap=True)


def _value(result: str) -> object:
    """What a person has typed, as JSON if it is that."""
    try:
        return json.loads(result)
    except ValueError:
        return result


def _summary(answer: Answer) -> str:
    tokens = "1 token" if answer.tokens == 1 else f"{answer.tokens} tokens"
    speed = f"{tokens}, {answer.tokens_per_second:.1f} a second" if answer.tokens else None
    return "; ".join(part for part in (speed, _ENDINGS.get(answer.ending)) if part)
