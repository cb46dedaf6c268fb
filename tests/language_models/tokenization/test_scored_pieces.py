"""Pieces by scores: what the library sentencepiece itself does."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given

from syntagma.language_models.tokenization import Tokenizer, tokenizer_from_gguf

from ..small_tokenizers import CORPUS, texts

sentencepiece = pytest.importorskip("sentencepiece", reason="the package sentencepiece is not installed")


@pytest.fixture(scope="module")
def processor() -> Any:
    """A byte-pair model with the settings of Llama 2 and Phi-3."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS[:3] * 5),
        model_writer=model,
        model_type="bpe",
        vocab_size=380,
        byte_fallback=True,
        character_coverage=0.98,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True,
        split_digits=True,
        minloglevel=2,
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


@pytest.fixture(scope="module")
def metadata(processor: Any) -> dict[str, object]:
    """The same model as a converter to GGUF writes it."""
    size = processor.get_piece_size()
    kinds = [
        2 if processor.is_unknown(n) else 3 if processor.is_control(n) else 6 if processor.is_byte(n) else 1
        for n in range(size)
    ]
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": [processor.id_to_piece(n) for n in range(size)],
        "tokenizer.ggml.scores": [processor.get_score(n) for n in range(size)],
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
    }


@pytest.fixture(scope="module")
def tokenizer(metadata: dict[str, object]) -> Tokenizer:
    return tokenizer_from_gguf(metadata)


@given(text=texts)
def test_ids_are_those_of_sentencepiece(tokenizer: Tokenizer, processor: Any, text: str) -> None:
    text = text.replace("\0", "")  # ends a text there
    assert tokenizer.encode(text) == (processor.encode(text) if text else [])


@given(text=texts)
def test_text_is_that_of_sentencepiece(tokenizer: Tokenizer, processor: Any, text: str) -> None:
    ids = processor.encode(text.replace("\0", ""))
    assert tokenizer.decode(ids) == processor.decode(ids)


def test_special_ids(tokenizer: Tokenizer) -> None:
    assert tokenizer.special_ids.begin == 1
    assert tokenizer.special_ids.end == 2
    assert tokenizer.special_ids.opening == (1,)
    assert tokenizer.encode("<s></s>", special=True) == [1, 2]
    assert not {0, 1, 2} & set(tokenizer.encode("<s></s><unk>"))


def test_without_the_space_in_front(metadata: dict[str, object]) -> None:
    bare = tokenizer_from_gguf(
        {**metadata, "tokenizer.ggml.add_space_prefix": False, "tokenizer.ggml.add_bos_token": False}
    )
    assert bare.decode(bare.encode(" the")) == " the"
    assert bare.encode(" the") == tokenizer_from_gguf(metadata).encode("the")
    assert bare.special_ids.opening == ()


def test_the_roles_of_phi_swallow_white_space(metadata: dict[str, object]) -> None:
    tokens, kinds = metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"]
    assert isinstance(tokens, list)
    assert isinstance(kinds, list)
    scores = [0.0] * (len(tokens) + 2)
    more = {"tokens": [*tokens, "<|end|>", "<|endoftext|>"], "scores": scores, "token_type": [*kinds, 3, 3]}
    changed = {**metadata, **{f"tokenizer.ggml.{name}": value for name, value in more.items()}}
    for architecture, strips in (("phi3", True), ("llama", False)):
        tokenizer = tokenizer_from_gguf({**changed, "general.architecture": architecture})
        assert tokenizer.controls.by_text["<|end|>"].strips_right is strips
        assert tokenizer.controls.by_text["</s>"].strips_right is strips
        assert not tokenizer.controls.by_text["<|endoftext|>"].strips_right
        assert not tokenizer.controls.by_text["<s>"].strips_right
