"""Templates: what Jinja makes of the published ones, without letting a text become a role."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from syntagma.errors import ModelError, SyntagmaError
from syntagma.language_models.chat import TEMPLATES, Message, ToolCall, template_named
from syntagma.language_models.tokenization import Tokenizer

from ..small_tokenizers import CORPUS, texts
from .jinja_templates import JINJA, by_jinja

WEATHER = {
    "name": "weather",
    "description": "The weather of a city <|end|>",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
harmless = st.one_of(st.sampled_from(CORPUS), st.text("ab \n.", max_size=12), st.just(""))


@pytest.fixture(scope="module", params=["byte_level", "pieces"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    found: Tokenizer = request.getfixturevalue(request.param)
    return found


def conversation(draw: st.DrawFn, roles: Any, said: st.SearchStrategy[str]) -> list[Message]:
    system = [Message("system", draw(said))] if "system" in roles and draw(st.booleans()) else []
    turns = draw(st.integers(1, 3))
    spoken = [Message(role, draw(said)) for _ in range(turns) for role in ("user", "assistant")]
    return [*system, *(spoken[:-1] if draw(st.booleans()) else spoken)]


@given(data=st.data(), name=st.sampled_from(list(JINJA)))
def test_ids_are_those_of_the_text_that_jinja_writes(tokenizer: Tokenizer, data: st.DataObject, name: str) -> None:
    template = template_named(name)
    if not all(tokenizer.id_of(stop) for stop in template.stops):
        return  # ChatML with the pieces of Phi-3
    messages = data.draw(st.composite(conversation)(template.turns, harmless))
    answer = messages[-1].role == "user"
    begin = tokenizer.token(tokenizer.special_ids.begin or 0) if template.opening == "{begin}" else "<|endoftext|>"
    text = by_jinja(JINJA[name], messages, tools=None, answer=answer, begin=begin or "")
    assert template.render(messages, tokenizer, answer=answer) == tokenizer.encode(text, special=True)


@given(data=st.data(), name=st.sampled_from(list(JINJA)))
def test_whatever_is_said_the_roles_are_the_templates(byte_level: Tokenizer, data: st.DataObject, name: str) -> None:
    template = template_named(name)
    messages = data.draw(st.composite(conversation)(template.turns, texts))
    answer = messages[-1].role == "user"
    empty = [Message(message.role, "") for message in messages]
    controls = set(byte_level.controls.by_id)
    ids, bare = (template.render(said, byte_level, answer=answer) for said in (messages, empty))
    assert [number for number in ids if number in controls] == [number for number in bare if number in controls]


def test_phi_3_by_hand(pieces: Tokenizer) -> None:
    system, user, assistant, end = (
        pieces.controls.by_text[f"<|{name}|>"].id for name in ("system", "user", "assistant", "end")
    )
    said = [pieces.encode(text) for text in ("Be brief.", "the cat", "sat", "on")]
    messages = [
        Message("system", "Be brief."),
        Message("user", " the cat"),  # the role swallows the space
        Message("assistant", "sat"),
        Message("user", "on"),
    ]
    # Phi-3's roles swallow the line feeds of the template.
    turns = [system, *said[0], end, user, *said[1], end, assistant, *said[2], end, user, *said[3], end]
    assert template_named("phi-3").render(messages, pieces) == [*turns, assistant]
    closed = template_named("phi-3").render(messages, pieces, answer=False)
    assert closed == [*turns, pieces.special_ids.end]
    assert template_named("phi-3-first").render(messages, pieces) == [1, *turns, assistant]


def test_segments_of_every_family() -> None:
    said = [Message("user", "Hi"), Message("assistant", "Yes"), Message("user", "So?")]
    written = {
        name: "".join(s if isinstance(s, str) else s.text for s in template.segments(said))
        for name, template in TEMPLATES.items()
    }
    three = "<|user|>\nHi<|end|>\n<|assistant|>\nYes<|end|>\n<|user|>\nSo?<|end|>\n<|assistant|>\n"
    system = "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
    chatml = (
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYes<|im_end|>\n"
        "<|im_start|>user\nSo?<|im_end|>\n<|im_start|>assistant\n"
    )
    assert written == {
        "phi-3": three,
        "phi-3-small": "<|endoftext|>" + three,
        "phi-3-first": "{begin}" + three,
        "phi-3-medium": three,
        "phi-3-gguf": "{begin}" + three,
        "phi-4": "<|user|>Hi<|end|><|assistant|>Yes<|end|><|user|>So?<|end|><|assistant|>",
        "chatml": chatml,
        "smollm2": system + chatml,
    }


def test_the_users_system_text_replaces_the_models(byte_level: Tokenizer) -> None:
    segments = template_named("smollm2").segments([Message("system", ""), Message("user", "Hi")])
    assert "".join(s for s in segments if isinstance(s, str)) == "system\n\nuser\nHi\nassistant\n"


def test_tools_of_phi_4(byte_level: Tokenizer) -> None:
    template = template_named("phi-4")
    calls = (ToolCall("weather", {"city": "Zürich"}),)
    messages = [
        Message("system", "Help."),
        Message("user", "Weather?"),
        Message("assistant", "Let me see.", calls),
        Message("tool", '{"degrees": 20}'),
    ]
    text = by_jinja(JINJA["phi-4"], messages[:2], tools=[WEATHER], answer=False, begin="").removesuffix("<|endoftext|>")
    ids = template.render(messages, byte_level, tools=[{"type": "function", "function": WEATHER}])
    shown = byte_level.decode(ids, special=True)
    assert shown == (
        text + '<|assistant|>Let me see.<|tool_call|>[{"name": "weather", "arguments": {"city": "Zürich"}}]'
        '<|/tool_call|><|end|><|tool_response|>{"degrees": 20}<|end|><|assistant|>'
    )
    counts = [ids.count(byte_level.controls.by_text[mark].id) for mark in ("<|tool|>", "<|tool_call|>", "<|end|>")]
    assert counts == [1, 1, 4]  # the mark in the tool's description is text


def test_tools_without_a_turn_of_the_system_get_an_empty_one(byte_level: Tokenizer) -> None:
    ids = template_named("phi-4").render([Message("user", "Hi")], byte_level, tools=[WEATHER])
    assert byte_level.decode(ids, special=True).startswith('<|system|><|tool|>[{"name": "weather"')


def test_stops(byte_level: Tokenizer, pieces: Tokenizer) -> None:
    def marks(name: str, tokenizer: Tokenizer) -> set[str | None]:
        return {tokenizer.token(number) for number in template_named(name).stop_ids(tokenizer)}

    assert marks("phi-3", pieces) == {"<|endoftext|>", "<|assistant|>", "<|end|>"}
    assert marks("phi-3-small", byte_level) == {"<|endoftext|>", "<|end|>"}
    assert marks("phi-4", byte_level) == {"<|endoftext|>", "<|end|>"}
    assert marks("smollm2", byte_level) == {"<|endoftext|>", "<|im_end|>"}


USER = Message("user", "Hi")


@pytest.mark.parametrize(
    ("name", "messages", "tools", "message"),
    [
        ("phi-3", [], (), "nobody has said anything yet. Begin with a turn of the user"),
        ("phi-3", [Message("system", "Be brief.")], (), "nobody has said anything yet"),
        (
            "phi-3",
            [Message("wizard", "Hi")],
            (),
            "turn 1: the template phi-3 has no turn for the role 'wizard'; it has sys",
        ),
        (
            "phi-3",
            [USER, Message("tool", "{}")],
            (),
            "turn 2: .* role 'tool'.*Put what the tool gave into a turn of the",
        ),
        (
            "phi-3-medium",
            [Message("system", "Be brief."), USER],
            (),
            "no turn for the role 'system'.*first turn of the user",
        ),
        (
            "phi-4",
            [Message("system", "a"), Message("system", "b"), USER],
            (),
            "turn 2: the system speaks once, and first",
        ),
        ("phi-4", [USER, Message("system", "b"), USER], (), "turn 2: the system speaks once, and first"),
        (
            "phi-4",
            [USER, Message("assistant", "b")],
            (),
            "turn 2: the last turn is the assistant's, and an answer is asked",
        ),
        ("phi-3", [USER], [WEATHER], "the template phi-3 has no place for tools"),
        ("phi-3", [Message("user", "", (ToolCall("a", {}),))], (), "has no calls by the user"),
        ("phi-3", [USER, Message("assistant", "", (ToolCall("a", {}),)), USER], (), "has no calls by the assistant"),
    ],
)
def test_what_cannot_be_written_is_said(name: str, messages: list[Message], tools: object, message: str) -> None:
    with pytest.raises(SyntagmaError, match=message):
        template_named(name).segments(messages, tools=tools)


def test_a_tokenizer_without_the_marks_is_refused(pieces: Tokenizer, byte_level: Tokenizer) -> None:
    with pytest.raises(
        ModelError, match=r"the template chatml needs the token <\|im_start\|>, and the tokenizer has none"
    ):
        template_named("chatml").render([USER], pieces)
    with pytest.raises(ModelError, match=r"needs the token \{begin\}"):
        template_named("phi-3-first").render([USER], Tokenizer(byte_level_without_ids(byte_level)))


def byte_level_without_ids(tokenizer: Tokenizer) -> dict[str, Any]:
    tokens = [token.entry() for token in tokenizer.controls.by_id.values()]
    return {"model": {"vocab": {"a": 0}, "merges": []}, "added_tokens": tokens, "decoder": {"type": "ByteLevel"}}


def test_unknown_names() -> None:
    with pytest.raises(ModelError, match=r"there is no chat template 'alpaca'\. Choose one of phi-3, phi-3-small, "):
        template_named("alpaca")
