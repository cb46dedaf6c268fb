"""Calls in what a model writes: every form, the text around them, broken ones, and streams."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from syntagma.language_models.chat import Reply, ToolCall, may_become_call, parse_reply, sure_length, sure_text

ULM, BONN = ToolCall("weather", {"city": "Ulm"}), ToolCall("weather", {"city": "Bonn", "days": [1, {"a": "]"}]})


def test_the_published_forms() -> None:
    ulm, bonn = ('{"name": "weather", "arguments": ' + json.dumps(call.arguments) + "}" for call in (ULM, BONN))
    assert parse_reply(f"Let me see. functools[{ulm}, {bonn}] Done.").parts == ("Let me see. ", ULM, BONN, " Done.")
    assert parse_reply(f"<|tool_call|>[{ulm}]<|/tool_call|>").parts == (ULM,)
    assert parse_reply(f"<|tool_call|>{ulm}<|/tool_call|>").parts == (ULM,)
    blocks = f"Two:\n<tool_call>\n{ulm}\n</tool_call>\n<tool_call>\n[{bonn}]\n</tool_call>"
    assert parse_reply(blocks) == Reply(("Two:\n", ULM, "\n", BONN))
    assert parse_reply(blocks).calls == (ULM, BONN)
    assert parse_reply(blocks).text == "Two:\n\n"


@pytest.mark.parametrize(
    "entry",
    [
        '{"name": "weather", "parameters": {"city": "Ulm"}}',
        '{"arguments": {"city": "Ulm"}, "name": "weather"}',
        '{"name": "weather", "arguments": "{\\"city\\": \\"Ulm\\"}"}',
        '{"type": "function", "function": {"name": "weather", "arguments": {"city": "Ulm"}}}',
    ],
)
def test_ways_to_write_a_call(entry: str) -> None:
    assert parse_reply(f"functools[{entry}]").calls == (ULM,)


def test_arguments_may_be_absent_and_strings_may_hold_lines() -> None:
    assert parse_reply('functools[{"name": "now"}]').calls == (ToolCall("now", {}),)
    assert parse_reply('functools[{"name": "say", "arguments": {"text": "a\nb"}}]').calls[0].arguments == {
        "text": "a\nb"
    }


def test_a_mark_that_a_stop_cut_off_is_no_loss() -> None:
    for end in ("", "\n", "<|/tool", "<|/tool_call|"):
        assert parse_reply('<|tool_call|>[{"name": "now"}]' + end).parts == (ToolCall("now", {}),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('Oh functools[{"name": "now"', "the call at character 3 cannot be read: Expecting"),
        ("functools[{name: now}]", "the call at character 0 cannot be read: Expecting property name"),
        ("functools[]", "it calls nothing"),
        ("functools[3]", "3 names no tool"),
        ('functools[{"name": "now"}, {"x": 1}]', '{"x": 1} names no tool'),
        ('functools[{"name": "now", "arguments": [1]}]', "the arguments of now are [1], not an object"),
        ('functools[{"name": "now", "arguments": "{x"}]', "the arguments of now are no JSON"),
        ('functools[{"name": "now", "arguments": "{} {}"}]', "something follows the value at character 2"),
        ('functools[{"name": "now", "arguments": {"x": NaN}}]', "NaN is no number of JSON"),
        ('<|tool_call|>[{"name": "now"}] and more', "<|/tool_call|> does not follow"),
        ("<tool_call>now</tool_call>", "the call at character 0 cannot be read: Expecting value"),
        ("<tool_call>", "the call at character 0 cannot be read: Expecting value"),
        ("functools" + "[" * 100_000, "it is nested too deeply"),
        ('functools[{"name": "n", "arguments": {"x": ' + "9" * 10_000 + "}}]", "Exceeds the limit"),
    ],
)
def test_what_cannot_be_read_is_kept_and_told(text: str, problem: str) -> None:
    reply = parse_reply(text)
    assert reply.text == text
    assert reply.calls == ()
    assert len(reply.problems) == 1
    assert problem in reply.problems[0]


def test_a_good_call_behind_a_broken_one() -> None:
    reply = parse_reply('functools[oh] functools[{"name": "now"}]')
    assert reply.parts == ("functools[oh] ", ToolCall("now", {}))
    assert len(reply.problems) == 1


def test_words_are_no_calls() -> None:
    for text in ("", "import functools", "functools.partial(f)", "functools [1]", "<tool", "a < b"):
        assert parse_reply(text) == Reply((text,) if text else ())


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("Hello", 5),
        ("Hello f", 6),
        ("Hello functool", 6),
        ("Hello functools", 6),
        ("Hello functools.", 16),
        ("Hello functools[", 6),
        ("functools[x", 11),  # never becomes JSON
        ("functools[tru", 0),
        ("functools[trust", 15),
        ('functools["a\\', 0),
        ('functools["\\u12', 0),
        ('functools["\\ud83d', 0),
        ("functools[-", 0),
        ("functools[1.", 0),
        ("functools[1e", 0),
        ("functools[1]", 12),
        ('functools[{"name": "now"}]', 26),
        ('functools[{"name": "now"}] <tool_', 27),
        ("a <|tool_call|", 2),
        ('<|tool_call|>[{"name": "now"}]', 0),
        ('<|tool_call|>[{"name": "now"}]<|/tool', 0),
        ('<|tool_call|>[{"name": "now"}]<|/toolx', 38),
        ("1 < 2", 5),
        ("1 <", 2),
    ],
)
def test_how_much_of_a_growing_text_is_sure(text: str, sure: int) -> None:
    assert sure_length(text) == sure
    assert may_become_call(text) is (sure < len(text))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
calls = st.builds(
    ToolCall, st.text("abc_", min_size=1, max_size=6), st.dictionaries(st.text(max_size=4), values, max_size=3)
)
plain = st.text('ab <|[]{}\n"\\é🎉', max_size=8)


@st.composite
def blocks(draw: st.DrawFn) -> str:
    made = draw(st.lists(calls, min_size=1, max_size=2))
    escaped = draw(st.booleans())
    text = json.dumps([{"name": call.name, "arguments": call.arguments} for call in made], ensure_ascii=escaped)
    form = draw(st.sampled_from(["functools{}", "<|tool_call|>{}<|/tool_call|>", "<tool_call>\n{}\n</tool_call>"]))
    return form.replace("{}", text, 1)


replies = st.lists(plain | blocks() | st.sampled_from(["functools", "<|tool_call|>", "</tool_call>"])).map("".join)


@given(before=plain, made=st.lists(calls, min_size=1), after=plain)
def test_calls_come_back_whole(before: str, made: list[ToolCall], after: str) -> None:
    text = json.dumps([{"name": call.name, "arguments": call.arguments} for call in made])
    for opening, closing in (("functools", ""), ("<|tool_call|>", "<|/tool_call|>"), ("<tool_call>", "</tool_call>")):
        reply = parse_reply(before + opening + text + closing + after)
        assert reply.calls == tuple(made)
        assert reply.text == before + after


@given(text=replies, cut=st.integers(0, 400))
def test_what_was_sure_stays_so(text: str, cut: int) -> None:
    """Whatever follows, what was shown of a stream is the beginning of what the whole text gives."""
    shown = parse_reply(text[: sure_length(text[:cut])])
    whole = parse_reply(text)
    assert whole.calls[: len(shown.calls)] == shown.calls
    assert whole.text.startswith(shown.text)


@given(text=replies)
def test_a_stream_shows_ever_more_of_the_final_text(text: str) -> None:
    shown = [sure_text(text[:cut]) for cut in range(len(text) + 1)]
    for earlier, later in pairwise([*shown, parse_reply(text).text]):
        assert later.startswith(earlier)
    lengths = [sure_length(text[:cut]) for cut in range(len(text) + 1)]
    assert lengths == sorted(lengths)


def test_a_stream_by_hand() -> None:
    text = 'One moment. functools[{"name": "now"}] Done <b>.'
    shown = [sure_text(text[:cut]) for cut in range(len(text) + 1)]
    assert shown[12 : text.index("]") + 1] == ["One moment. "] * (text.index("]") - 11)
    assert shown[-1] == "One moment.  Done <b>."
    assert shown[text.index("<") + 1] == "One moment.  Done "  # `<` may begin a mark


@given(text=st.text(max_size=30))
def test_any_text_is_read(text: str) -> None:
    assert parse_reply(text).text == text
