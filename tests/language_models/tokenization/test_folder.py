"""Folders of models: what tokenizer.json and the files beside it say together, as transformers understands them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from syntagma.errors import ModelError
from syntagma.language_models.tokenization import Tokenizer, tokenizer_from_folder

from ..small_tokenizers import texts

PARTS = {"bos_token": "<s>", "eos_token": {"content": "<|endoftext|>", "lstrip": False}, "pad_token": "<|endoftext|>"}


def write(folder: Path, **files: object) -> Path:
    for name, contents in files.items():
        (folder / f"{name}.json").write_text(json.dumps(contents), encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path, pieces: dict[str, Any]) -> Path:
    """A folder like Phi-3's."""
    config = {**PARTS, "unk_token": "<unk>", "add_bos_token": False, "chat_template": "{{ messages }}"}
    return write(tmp_path, tokenizer=pieces, tokenizer_config={**config, "tokenizer_class": "PreTrainedTokenizerFast"})


def test_special_ids_and_the_template(folder: Path, pieces: dict[str, Any]) -> None:
    tokenizer = tokenizer_from_folder(folder)
    end = tokenizer.id_of("<|endoftext|>")
    assert (tokenizer.special_ids.begin, tokenizer.special_ids.end, tokenizer.special_ids.padding) == (1, end, end)
    assert tokenizer.special_ids.opening == ()
    assert tokenizer.chat_template == "{{ messages }}"
    assert tokenizer.encode("the cat") == Tokenizer(pieces).encode("the cat")


@pytest.mark.parametrize(("adds", "opening"), [(True, (1,)), (False, ()), (None, (1,))])
def test_what_opens_a_text(folder: Path, adds: bool | None, opening: tuple[int, ...]) -> None:
    config = {**PARTS} if adds is None else {**PARTS, "add_bos_token": adds}
    write(folder, tokenizer_config=config)
    assert tokenizer_from_folder(folder).special_ids.opening == opening


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts)
def test_ids_are_those_of_transformers(transformers_too: tuple[Tokenizer, Any], text: str) -> None:
    ours, theirs = transformers_too
    assert ours.encode(text, special=True) == theirs(text, add_special_tokens=False)["input_ids"]
    assert list(ours.special_ids.opening) + ours.encode(text, special=True) == theirs(text)["input_ids"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts)
def test_special_tokens_are_those_of_transformers(transformers_too: tuple[Tokenizer, Any], text: str) -> None:
    ours, theirs = transformers_too
    ids = ours.encode(text, special=True)
    assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    assert ours.decode(ids, special=True) == theirs.decode(ids, clean_up_tokenization_spaces=False)


@pytest.fixture(scope="module")
def transformers_too(tmp_path_factory: pytest.TempPathFactory, byte_level: dict[str, Any]) -> tuple[Tokenizer, Any]:
    """A folder like Phi-4's, by us and by transformers: the config says of two tokens what tokenizer.json does not."""
    transformers = pytest.importorskip("transformers", reason="the extra 'transformers' is not installed")
    tool = next(entry for entry in byte_level["added_tokens"] if entry["content"] == "<|tool|>")
    flags = {"lstrip": False, "normalized": False, "single_word": False, "special": False}
    new = len(byte_level["model"]["vocab"]) + len(byte_level["added_tokens"])
    decoder = {
        str(tool["id"]): {"content": "<|tool|>", **flags, "rstrip": False},
        str(new): {"content": "<|tag|>", **flags, "rstrip": True},
    }
    parts = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    config = {**parts, "added_tokens_decoder": decoder, "tokenizer_class": "PreTrainedTokenizerFast"}
    folder = write(tmp_path_factory.mktemp("phi"), tokenizer=byte_level, tokenizer_config=config)
    return tokenizer_from_folder(folder), transformers.AutoTokenizer.from_pretrained(folder)


def test_tokens_of_the_config_and_of_added_tokens(folder: Path, pieces: dict[str, Any]) -> None:
    new = 380 + 5
    decoder = {"2": {"content": "</s>", "special": True}, str(new): {"content": "<|tag|>", "rstrip": True}}
    write(folder, tokenizer_config={**PARTS, "added_tokens_decoder": decoder}, added_tokens={"<|more|>": new + 1})
    tokenizer = tokenizer_from_folder(folder)
    assert tokenizer.encode("<|tag|> <|more|>", special=True) == [new, new + 1]
    assert tokenizer.decode([2]) == ""
    assert Tokenizer(pieces).decode([2]) == "</s>"


def test_special_tokens_map_is_read_where_the_config_is_silent(folder: Path) -> None:
    write(folder, tokenizer_config={"eos_token": None}, special_tokens_map={"eos_token": "</s>", "bos_token": "<s>"})
    special = tokenizer_from_folder(folder).special_ids
    assert (special.begin, special.end, special.padding) == (1, 2, None)
    # The part it plays makes </s> special, though its entry does not.
    assert tokenizer_from_folder(folder).decode([2]) == ""


def test_chat_templates_of_every_form(folder: Path) -> None:
    named = [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "yes"}]
    write(folder, tokenizer_config={**PARTS, "chat_template": named})
    assert tokenizer_from_folder(folder).chat_template == "yes"
    (folder / "chat_template.jinja").write_text("{{ a file }}")
    assert tokenizer_from_folder(folder).chat_template == "{{ a file }}"
    (folder / "chat_template.jinja").unlink()
    write(folder, tokenizer_config=PARTS)
    assert tokenizer_from_folder(folder).chat_template is None


def test_tokenizer_json_alone_is_enough(folder: Path) -> None:
    (folder / "tokenizer_config.json").unlink()
    tokenizer = tokenizer_from_folder(folder)
    assert tokenizer.special_ids.opening == (1,)
    assert tokenizer.special_ids.end is None


def test_what_is_missing_or_broken_is_named(folder: Path, pieces: dict[str, Any]) -> None:
    cases: list[tuple[str, object, str]] = [
        ("tokenizer_config", [], r"tokenizer_config\.json: is no table"),
        ("tokenizer_config", {"eos_token": "<nothing>"}, r"its eos_token '<nothing>' is not in the vocabulary"),
        ("tokenizer_config", {"added_tokens_decoder": []}, "'added_tokens_decoder' is no table"),
        ("tokenizer_config", {"added_tokens_decoder": {"x": {"content": "y"}}}, "'y' has the id 'x'"),
        ("tokenizer_config", {"added_tokens_decoder": {"5": {"content": "y"}}}, "the id 5 is both '<0x02>' and 'y'"),
        ("tokenizer_config", {}, ""),
        ("added_tokens", {"<x>": 5}, "the id 5 is both '<0x02>' and '<x>'"),
        ("tokenizer", {**pieces, "post_processor": {"type": "RobertaProcessing"}}, "unknown kind 'RobertaProcessing'"),
        (
            "tokenizer",
            {**pieces, "post_processor": {"type": "TemplateProcessing"}},
            "template of special tokens is not",
        ),
        ("tokenizer", {**pieces, "post_processor": "x"}, "post_processor is not understood"),
    ]
    for name, contents, message in cases:
        write(folder, **{name: contents})
        if message:
            with pytest.raises(ModelError, match=message):
                tokenizer_from_folder(folder)
            (folder / "added_tokens.json").unlink(missing_ok=True)
    (folder / "tokenizer.json").write_text('{"model": {', encoding="utf-8")
    with pytest.raises(ModelError, match=r"tokenizer\.json: is no JSON"):
        tokenizer_from_folder(folder)
    (folder / "tokenizer.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match=r"tokenizer\.json: cannot be read"):
        tokenizer_from_folder(folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"the file tokenizer\.json is missing"):
        tokenizer_from_folder(folder)
