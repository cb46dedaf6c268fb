"""phi-3-small and phi-4-mini by their ranks, against the encoder of the package bpe-openai (Rust, by GitHub)."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from syntagma.errors import ModelError
from syntagma.language_models.tokenization import Tokenizer, tokenizer_from_ranks

from ..small_tokenizers import CORPUS, texts

bpe_openai = pytest.importorskip("bpe_openai", reason="the package bpe-openai is not installed")

ENCODING = {"phi-3-small": "cl100k_base", "phi-4-mini": "o200k_base"}
LANGUAGES = [
    "Die Größe der Maße: 1.234.567,89 € – 'So ist's', sagte er.",
    "Il l'a aperçu à l'île d'Yeu ; ça coûtait 1 000 F.",
    "ЭТО ПРОСТОЙ текст, не правда ли? №123456",
    "これはテストです。東京都、２０２４年１２月３１日。ｶﾀｶﾅ",
    "这是一个测试。中文没有空格，而且标点不同！",
    "هذا نص تجريبي، ١٢٣٤٥٦ — مع تشكيل: مُحَمَّدٌ",
    "זהו טקסט ניסיון: \"שלום\" ו־'להתראות'.",
    "यह एक परीक्षण है। क्षत्रिय १२३४५",
    "นี่คือการทดสอบภาษาไทย ๑๒๓๔",
    "한국어 시험 문장입니다. 값이 3,000원이에요!",
    "Ελληνικά ΚΕΊΜΕΝΑ· τί;",
    "Đây là tiếng Việt với nhiều dấu thanh.",
    "👩🏽‍💻👨‍👩‍👧‍👦🏳️‍🌈 ❤️‍🔥 ☂️ 🇩🇪🇫🇷 ½ x² ①",
]
CODE = [
    "def f(x: int) -> str:\n\treturn f'{x!r:>10}'  # 100%\n\n\n",
    "#include <stdio.h>\r\nint main(void) { return 0x7fff_ffff; }\r\n",
    "SELECT * FROM t WHERE a<>'b' AND c>=1e-5;--x\n        \n    end",
    "https://example.org/a/b?q=%20&r=1#frag //// \\\\server\\share",
    "I'LL'd've don'T IT'S  \n  trailing   ",
    "\n\n \n  \t\t\n\r\n\r   x\u00a0\u2003y\u200b",
]


LARGE = {"phi-4-mini": pytest.mark.slow}
"""200,000 ranks take ten seconds to build."""


@pytest.fixture(scope="module", params=[pytest.param(name, marks=LARGE.get(name, ())) for name in ENCODING])
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def path_of(name: str) -> Path:
    return Path(str(resources.files("bpe_openai"))) / "data" / f"{name}.tiktoken.gz"


@cache
def built(family: str) -> Tokenizer:
    return tokenizer_from_ranks(path_of(ENCODING[family]), family)


@pytest.fixture(scope="module")
def tokenizer(family: str) -> Tokenizer:
    return built(family)


@pytest.fixture(scope="module")
def reference(family: str) -> Any:
    return bpe_openai.get_encoding(ENCODING[family])


def test_languages_and_code(tokenizer: Tokenizer, reference: Any) -> None:
    for text in (*LANGUAGES, *CODE, *CORPUS, "\n".join((*LANGUAGES, *CODE))):
        assert tokenizer.encode(text) == reference.encode_ordinary(text), text
        assert tokenizer.decode(tokenizer.encode(text)) == text


@settings(max_examples=300)
@given(text=st.one_of(texts, st.lists(st.sampled_from([*LANGUAGES, *CODE, " ", "\n", "'"])).map("".join)))
def test_any_text(tokenizer: Tokenizer, reference: Any, text: str) -> None:
    assert tokenizer.encode(text) == reference.encode_ordinary(text)


@given(ids=st.lists(st.integers(0, 100_255), max_size=20))
def test_any_ids(tokenizer: Tokenizer, reference: Any, ids: list[int]) -> None:
    data = b"".join(map(tokenizer.token_bytes, ids))
    assert data == reference.decode_bytes(ids)
    assert tokenizer.decode(ids) == data.decode(errors="replace")


def test_special_ids(family: str, tokenizer: Tokenizer) -> None:
    marks = ["<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
    expected = {
        "phi-3-small": [100257, 100261, 100262, 100263, 100266],
        "phi-4-mini": [199999, 200022, 200021, 200019, 200020],
    }[family]
    assert [tokenizer.id_of(mark) for mark in marks] == expected
    assert tokenizer.encode("".join(marks), special=True) == expected
    assert tokenizer.special_ids.end == expected[0]
    assert tokenizer.size == {"phi-3-small": 100_267, "phi-4-mini": 200_029}[family]
    assert tokenizer.decode(expected) == ""


@pytest.mark.slow
def test_marks_of_tools_stay_in_the_text() -> None:
    tokenizer = built("phi-4-mini")
    call = [200025, *tokenizer.encode("[]"), 200026, 200020]
    assert tokenizer.decode(call) == "<|tool_call|>[]<|/tool_call|>"


def test_the_wrong_file_is_noticed() -> None:
    with pytest.raises(ModelError, match=r"has 100,256 ranks, and phi-4-mini has 199,998\. Give the file o200k_base"):
        tokenizer_from_ranks(path_of("cl100k_base"), "phi-4-mini")
    with pytest.raises(ModelError, match="no family 'phi-9' goes by ranks"):
        tokenizer_from_ranks(path_of("cl100k_base"), "phi-9")
