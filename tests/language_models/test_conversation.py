"""Conversations: history, shared memory, tools, and answers that are broken off."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from syntagma.language_models import conversation as conversation_module
from syntagma.language_models.chat.message import Message
from syntagma.language_models.conversation import Conversation
from syntagma.language_models.generation import Sampling
from syntagma.language_models.language_model import Generating, LanguageModel

HOW = Generating(Sampling(temperature=1.0, seed=5), max_tokens=12)
TOOL = {"name": "weather", "parameters": {"type": "object", "properties": {"place": {"type": "string"}}}}


def fresh_answer(model: LanguageModel, messages: list[Message]) -> str:
    """The answer of a model that reads the whole conversation anew."""
    (answer,) = model.generate([messages], HOW)
    return answer.text


def test_answers_are_those_of_the_whole_conversation_read_anew(babbler: LanguageModel) -> None:
    talk = Conversation(babbler, "Be brief.", how=HOW)
    for said in ("The cat?", "And the dog?", "12345?"):
        before = [*talk.messages, Message("user", said)]
        assert "".join(talk.say(said)) == fresh_answer(babbler, before)
    assert [message.role for message in talk.messages] == ["system", *["user", "assistant"] * 3]


def test_what_was_read_is_not_read_again(babbler: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    forward = babbler.decoder.forward

    def counting(hidden: object, batch: object) -> object:
        read.append(len(hidden))  # type: ignore[arg-type]
        return forward(hidden, batch)  # type: ignore[arg-type]

    talk = Conversation(babbler, how=HOW)
    "".join(talk.say("The cat sat on the mat."))
    monkeypatch.setattr(babbler.decoder, "forward", counting)
    "".join(talk.say("And?"))
    whole = babbler.tokens(talk.messages[:-1])
    # The random answer need not be cut into ids as it was drawn; the first turn is.
    assert read[0] <= len(whole) - len(babbler.tokens(talk.messages[:1])) + 1


def test_an_answer_that_is_broken_off_stays_as_far_as_it_came(babbler: LanguageModel) -> None:
    talk = Conversation(babbler, how=HOW)
    answer = talk.say("The cat?")
    come = next(answer)
    answer.close()
    assert talk.messages[-1].role == "assistant"
    assert talk.messages[-1].text.startswith(come)
    before = [*talk.messages, Message("user", "Go on")]
    assert "".join(talk.say("Go on")) == fresh_answer(babbler, before)


def test_what_cannot_be_said_leaves_the_conversation_as_it_was(babbler: LanguageModel) -> None:
    from syntagma.errors import SyntagmaError

    talk = Conversation(babbler, how=HOW)
    "".join(talk.say("The cat?"))
    before = list(talk.messages)
    with pytest.raises(SyntagmaError, match="tokens for a model that reads"):
        "".join(talk.say("x" * 3000))
    assert talk.messages == before


def scripted(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """Let the narrator tell these answers, a character at a time."""
    left = iter(answers)

    def run(self: object) -> Iterator[tuple[object, str]]:
        ((continuation, *_),) = self._open.values()  # type: ignore[attr-defined]
        for letter in next(left):
            continuation.text += letter
            yield continuation, letter

    monkeypatch.setattr(conversation_module.Narrator, "run", run)


@pytest.mark.parametrize(
    "written",
    [
        'functools[{"name": "weather", "arguments": {"place": "Oslo"}}]',
        '<|tool_call|>[{"name": "weather", "parameters": {"place": "Oslo"}}]<|/tool_call|>',
    ],
)
def test_calls_are_not_shown_as_text(babbler: LanguageModel, monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    scripted(monkeypatch, f"Let me see. {written}", "Cold.")
    talk = Conversation(babbler, tools=[TOOL], how=HOW)
    assert "".join(talk.say("Oslo?")) == "Let me see. "
    (call,) = talk.calls
    assert (call.name, call.arguments) == ("weather", {"place": "Oslo"})
    assert "".join(talk.give(json.dumps({"degrees": -3}))) == "Cold."
    assert talk.calls == ()
    assert [message.role for message in talk.messages] == ["user", "assistant", "tool", "assistant"]


def test_without_tools_text_is_text(babbler: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, "functools[1]")
    assert "".join(Conversation(babbler, how=HOW).say("?")) == "functools[1]"
