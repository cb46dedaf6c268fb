"""A conversation at a terminal: commands, interruptions, tools, and what is seen of them."""

from __future__ import annotations

import builtins
import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from syntagma.cli.chat_terminal import TerminalChat
from syntagma.errors import SyntagmaError
from syntagma.language_models.chat import Message, ToolCall

from .scripted_conversation import ScriptedConversation

CTRL_C, CTRL_D = KeyboardInterrupt(), EOFError()
Talk = Callable[..., str]


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Talk:
    """Type lines and keys into a conversation; what is seen, with the prompts."""

    def type_all(conversation: ScriptedConversation, *typed: str | BaseException) -> str:
        left, screen = list(typed), io.StringIO()

        def type_next(prompt: str) -> str:
            screen.write(prompt)
            entry = left.pop(0)
            if isinstance(entry, BaseException):
                raise entry
            screen.write(f"{entry}\n")
            return entry

        monkeypatch.setattr(builtins, "input", type_next)
        conversation_: Any = conversation
        try:
            TerminalChat(conversation_, Console(file=screen, width=40)).run()
        finally:
            seen.append(screen.getvalue())
        assert not left
        return seen[-1]

    seen: list[str] = []
    return type_all


def test_turns_are_answered_until_the_end(talk: Talk) -> None:
    seen = talk(ScriptedConversation(["Hel", "lo."], ["Bye.\n"]), "Hi", "  ", "So long", CTRL_D)
    head, first, second, end = seen.split("> ", 3)
    assert head == "/help lists commands; Ctrl-D ends\n"
    assert first.startswith("Hi\nHello.\n2 tokens, ")
    assert first.endswith(" a second\n")
    assert second == "  \n"
    assert end.startswith("So long\nBye.\n1 token, ")


def test_exit_ends(talk: Talk) -> None:
    assert talk(ScriptedConversation(), "/exit").endswith("> /exit\n")


def test_ctrl_c_stops_an_answer_and_keeps_it(talk: Talk) -> None:
    conversation = ScriptedConversation(["One ", "two ", CTRL_C, "three"], ["Four."], ["Five."])
    seen = talk(conversation, "Count", "Go on", CTRL_C, "Once more", CTRL_D)
    assert "> Count\nOne two\n2 tokens, " in seen
    assert " a second; stopped\n> Go on\nFour.\n" in seen
    assert "\nCtrl-C again ends, as Ctrl-D does\n> Once more\nFive." in seen


def test_ctrl_c_twice_at_the_prompt_ends(talk: Talk) -> None:
    with pytest.raises(KeyboardInterrupt):
        talk(ScriptedConversation(["Hello."]), CTRL_C, "Hi", CTRL_C, CTRL_C)


def test_ctrl_c_after_a_stopped_answer_ends(talk: Talk) -> None:
    with pytest.raises(KeyboardInterrupt):
        talk(ScriptedConversation(["One", CTRL_C]), "Count", CTRL_C)


def test_new_forgets_turns_and_keeps_the_system(talk: Talk) -> None:
    conversation = ScriptedConversation(["Hello."])
    conversation.messages.append(Message("system", "Be brief."))
    talk(conversation, "Hi", "/new", CTRL_D)
    assert conversation.messages == [Message("system", "Be brief.")]


def test_system_is_told_first_and_turns_stay(talk: Talk) -> None:
    conversation = ScriptedConversation(["Hello."])
    talk(conversation, "Hi", "/system Be brief.", "/system Be kind.", CTRL_D)
    assert [message.role for message in conversation.messages] == ["system", "user", "assistant"]
    assert conversation.messages[0].text == "Be kind."
    talk(conversation, "/system", CTRL_D)
    assert [message.role for message in conversation.messages] == ["user", "assistant"]


def test_what_is_no_command_is_told(talk: Talk) -> None:
    seen = talk(ScriptedConversation(["Yes."]), "/nwe", "/help", " /nwe is text", CTRL_D)
    assert "There is no command /nwe. If it is meant as text, begin the line with a space" in seen
    assert seen.count("/system TEXT") == 2
    assert "Yes." in seen


def test_an_error_is_told_and_the_conversation_goes_on(talk: Talk) -> None:
    seen = talk(ScriptedConversation([SyntagmaError("too long")], ["Hello."]), "x", "Hi", CTRL_D)
    assert "error: too long\n" in seen
    assert "Hello." in seen


def test_calls_are_shown_and_the_person_gives_their_results(talk: Talk) -> None:
    conversation = ScriptedConversation(
        ["I look.", ToolCall("weather", {"city": "Rome"}), ToolCall("time", {"at\x1b": 1})], ["Fine."]
    )
    seen = talk(conversation, "How is it?", '{"sky": "clear"}', "noon", CTRL_D)
    assert 'calls weather(city="Rome")\n' in seen
    assert "calls time(at\ufffd=1)\nthere is no tool 'time', only 'weather'\n" in seen
    assert 'weather returns> {"sky": "clear"}\n' in seen
    assert "time returns> noon\n" in seen
    assert conversation.messages[2] == Message("tool", '[{"sky": "clear"}, "noon"]')
    assert "Fine." in seen


def test_a_single_result_is_given_as_it_was_typed(talk: Talk) -> None:
    conversation = ScriptedConversation([ToolCall("weather", {"city": "Rome"})], ["Fine."])
    talk(conversation, "How is it?", "21 degrees", CTRL_D)
    assert conversation.messages[2] == Message("tool", "21 degrees")


def test_who_gives_no_result_can_talk_on(talk: Talk) -> None:
    conversation = ScriptedConversation([ToolCall("weather", {"city": "Rome"})], ["Fine."])
    talk(conversation, "How is it?", CTRL_D, "Never mind", CTRL_D)
    assert [message.role for message in conversation.messages] == ["user", "assistant"] * 2


def test_a_model_cannot_drive_the_terminal_and_markup_is_text(talk: Talk) -> None:
    seen = talk(ScriptedConversation(["\x1b]0;gotcha\x07 [red]x[/red]\r"]), "Hi", CTRL_D)
    assert "\ufffd]0;gotcha\ufffd [red]x[/red]\ufffd\n" in seen


def test_input_that_is_not_utf8_is_told(talk: Talk) -> None:
    assert "error: that was not UTF-8" in talk(
        ScriptedConversation(), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"), CTRL_D
    )
