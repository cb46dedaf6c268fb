"""chat: what it answers by lines, what it hands on, and what it says of input that is wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syntagma.cli.chat_lines import chat_by_lines
from syntagma.cli.tools import with_place_for_tools
from syntagma.errors import DataError
from syntagma.language_models.chat import Message, ToolCall
from syntagma.language_models.opening import language_model

from .conftest import Run
from .scripted_conversation import WEATHER, ScriptedConversation

TypeIn = Callable[[bytes], None]
QUICK = ("--template", "phi-4", "--max-tokens", "5")
ROME, OSLO = ToolCall("weather", {"city": "Rome"}), ToolCall("weather", {"city": "Oslo"})


def by_lines(conversation: ScriptedConversation, *lines: str, as_json: bool = True) -> str:
    stream = io.StringIO()
    conversation_: Any = conversation
    chat_by_lines(conversation_, [line.encode() + b"\n" for line in lines], stream, as_json=as_json)
    return stream.getvalue()


def test_every_line_is_answered_in_order(run: Run, small_model: str, type_in: TypeIn) -> None:
    type_in(b"\xef\xbb\xbfThe cat\r\n\n  \nsat on\nthe mat")
    result = run("chat", small_model, *QUICK, "--json")
    answers = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 0
    assert len(answers) == 3
    for answer in answers:
        assert list(answer) == ["role", "content", "tool_calls", "tokens", "seconds", "tokens_per_second", "ending"]
        assert answer["role"] == "assistant"
        assert answer["ending"] == ("length" if answer["tokens"] == 5 else "stop")
        assert answer["tokens_per_second"] == pytest.approx(answer["tokens"] / answer["seconds"], rel=0.1)


def test_the_history_is_part_of_a_turn(run: Run, small_model: str, type_in: TypeIn) -> None:
    def answers(*lines: str) -> list[str]:
        type_in("\n".join(lines).encode())
        return [json.loads(line)["content"] for line in run("chat", small_model, *QUICK, "--json").out.splitlines()]

    assert answers("one cat", "sat on")[1] != answers("two dogs", "sat on")[1]
    assert answers("one cat", "sat on")[0] == answers("one cat")[0]


def test_a_header_says_where_the_model_is_from_and_how_it_is_held(run: Run, small_model: str, type_in: TypeIn) -> None:
    type_in(b"")
    result = run("chat", small_model, *QUICK, "--weights", "bf16")
    assert result.err.splitlines() == [small_model, "bf16 weights, computing in bfloat16: as asked for"]
    assert (result.code, result.out) == (0, "")


def test_answers_are_text_that_cannot_drive_a_terminal() -> None:
    conversation = ScriptedConversation(["a \x1b[2J", "[bold]b\u202e\x9b\r", "\tc\n"], ["d"])
    assert by_lines(conversation, "x", "y", as_json=False) == "a \ufffd[2J[bold]b\ufffd\ufffd\ufffd\tc\n\nd\n"


def test_calls_are_written_checked_and_answered() -> None:
    wrong = ToolCall("weather", {"town": "Rome"})
    conversation = ScriptedConversation(["Let me see. ", ROME], [wrong], ["It is fine."])
    lines = ["How is it in Rome?", '{"tool": "weather", "result": {"sky": "clear"}}', "Never mind"]
    call, mistake, text = map(json.loads, by_lines(conversation, *lines).splitlines())
    assert call["content"] == "Let me see. "
    assert call["tool_calls"] == [{"name": "weather", "arguments": {"city": "Rome"}}]
    assert mistake["tool_calls"][0]["problems"] == ["weather: city is missing"]
    assert text["content"] == "It is fine."
    assert [(message.role, message.text) for message in conversation.messages if message.role != "assistant"] == [
        ("user", "How is it in Rome?"),
        ("tool", '{"sky": "clear"}'),
        ("user", "Never mind"),
    ]


def test_results_of_several_calls_are_given_together_in_the_order_of_the_calls() -> None:
    conversation = ScriptedConversation([ROME, ToolCall("time", {}), OSLO], ["Done."])
    results = [
        '{"tool": "time", "result": 12}',
        '{ "tool": "weather", "result": "warm"}',
        '{"tool": "weather", "result": null}',
    ]
    out = by_lines(conversation, "x", *results, as_json=False)
    assert out == 'weather(city="Rome")\ntime()\nweather(city="Oslo")\nDone.\n'
    assert conversation.messages[2].text == '["warm", 12, null]'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"tool": "weather", ', "standard input:2: no JSON"),
        ('{"tool": "weather"}', "standard input:2: the tool has no result. Write"),
        (
            '{"tool": "time", "result": 1}',
            "standard input:2: the tool 'time' has not been called. Results awaited: 'weather'",
        ),
    ],
)
def test_results_that_fit_no_call_are_told_with_their_line(line: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        by_lines(ScriptedConversation([ROME]), "x", line)


def test_options_reach_the_model(run: Run, small_model: str, type_in: TypeIn) -> None:
    def answer(*options: str) -> str:
        type_in(b"The cat")
        result = run("chat", small_model, "--template", "phi-4", "--max-tokens", "12", "--json", *options)
        assert result.code == 0, result.err
        return str(json.loads(result.out)["content"])

    plain = answer()
    drawn = answer("--temperature", "5", "--seed", "1")
    assert answer("--temperature", "5", "--seed", "1") == drawn != plain
    assert answer("--temperature", "5", "--seed", "1", "--top-k", "1") == plain
    assert answer("--temperature", "5", "--seed", "1", "--min-p", "1") == plain
    assert answer("--temperature", "5", "--seed", "1", "--top-p", "1e-6") == plain
    assert answer("--system", "Purr.") != plain
    assert answer("--repetition-penalty", "1e-4") != plain
    assert answer("--frequency-penalty", "-1000") not in (plain, answer("--repetition-penalty", "1e-4"))
    assert answer("--stop", plain[2:4]) == plain[: plain.index(plain[2:4])]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--stop", ""], "a stop string is empty"),
        (["--temperature", "-1"], "temperature = -1.0. Choose a value 0 or more"),
        (["--top-p", "0"], "top_p = 0.0. Choose a value above 0 and at most 1"),
        (["--template", "nope"], "there is no chat template 'nope'"),
        (["--device", "nope"], "--device: 'nope' is no device"),
        (["--device", "cuda:99"], "--device: this machine has no 'cuda:99'"),
        (["--device", "meta"], "language models do not run on 'meta'"),
        (["--tools", "nope.json"], "nope.json: cannot be read"),
        (["--template", "phi-3-medium", "--system", "x"], "no turn for the role 'system'"),
    ],
)
def test_chat_explains(run: Run, small_model: str, type_in: TypeIn, options: list[str], said: str) -> None:
    type_in(b"x")
    result = run("chat", small_model, *options)
    assert result.code == 2
    assert said in result.err
    assert result.out == ""


def test_a_model_without_a_template_is_told_what_to_choose(run: Run, small_model: str, type_in: TypeIn) -> None:
    type_in(b"x")
    result = run("chat", small_model)
    assert result.code == 2
    assert "no chat template came with the model. Choose the template by name: phi-3" in result.err


@pytest.mark.parametrize("name", ["", "nope", "no/pe/at-all", "nope.gguf"])
def test_a_model_that_is_not_there(run: Run, name: str) -> None:
    result = run("chat", name)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1


def test_a_folder_that_is_no_model(run: Run, tmp_path: Path) -> None:
    result = run("chat", str(tmp_path))
    assert result.code == 2
    assert "config.json" in result.err


def test_a_turn_that_no_longer_fits_is_told_with_its_line(run: Run, small_model: str, type_in: TypeIn) -> None:
    type_in(b"one\n" + b"word " * 500)
    result = run("chat", small_model, *QUICK)
    assert result.code == 2
    assert "standard input:2: a prompt of" in result.err
    assert "for a model that reads 400" in result.err


def test_input_that_is_not_utf8(run: Run, small_model: str, type_in: TypeIn) -> None:
    type_in(b"one\nt\xffo\n")
    result = run("chat", small_model, *QUICK)
    assert result.code == 2
    assert "standard input:2: not UTF-8 at byte 2 of the line" in result.err


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ("{", "tools.json: no JSON"),
        ("[{}]", "tools.json, tool 1: the tool has no name"),
        (json.dumps([WEATHER, WEATHER]), "tools.json, tool 2: the name 'weather' is taken"),
        ("3", "tools.json: tools are a list of JSON schemas"),
    ],
)
def test_files_that_are_no_tools(run: Run, tmp_path: Path, small_model: str, contents: str, said: str) -> None:
    (tmp_path / "tools.json").write_text(contents, encoding="utf-8")
    result = run("chat", small_model, "--tools", str(tmp_path / "tools.json"))
    assert result.code == 2
    assert said in result.err


def test_tools_are_part_of_what_the_model_reads(run: Run, tmp_path: Path, small_model: str, type_in: TypeIn) -> None:
    (tmp_path / "tools.json").write_text(json.dumps(WEATHER), encoding="utf-8")
    for template in ("phi-4", "phi-3"):
        type_in(b"The cat")
        arguments = ("chat", small_model, "--template", template, "--max-tokens", "5")
        plain = run(*arguments)
        type_in(b"The cat")
        told = run(*arguments, "--tools", str(tmp_path / "tools.json"))
        if template == "phi-4":
            assert told.code == 0, told.err
            assert told.out != plain.out
        else:
            assert told.code == 2
            assert "the template phi-3 has no place for tools" in told.err


def test_templates_without_a_place_for_tools_get_one_if_they_know_calls(small_model: str) -> None:
    smollm2 = with_place_for_tools(language_model(small_model, template="smollm2"))
    told = "".join(map(str, smollm2.template.segments([Message("user", "Hi")], tools=[WEATHER])))
    assert "You are a helpful AI assistant named SmolLM" in told
    assert f"<tools>{json.dumps([WEATHER])}</tools>" in told
    assert '<tool_call>[{"name": "...", "arguments": {"...": "..."}}]</tool_call>' in told
    for name in ("phi-4", "phi-3"):
        model = language_model(small_model, template=name)
        assert with_place_for_tools(model) is model
