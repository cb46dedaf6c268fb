"""A pipeline without a model: capitalised words are people, all others nouns. Run as a program, it is the command."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import syntagma
from syntagma.text.document import Document, TokenSpan
from syntagma.text.segmentation import segment


class FakePipeline:
    """Notes how it was called, and how many documents had been asked for when each was given back; and its layers."""

    origin = "nowhere"
    labels = {"upos": ["NOUN", "PROPN"], "ner": ["PER"]}  # noqa: RUF012
    recipe = SimpleNamespace(
        name="fake",
        data=SimpleNamespace(labels={"upos": SimpleNamespace(kind="tags"), "ner": SimpleNamespace(kind="spans")}),
    )

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.layers: Sequence[str] | None = None

    def pipe(self, texts: Iterable[Document], *, batch_words: int, min_confidence: float) -> Iterator[Document]:
        self.calls.append({"batch_words": batch_words, "min_confidence": min_confidence})
        for document in texts:
            if not document.sentences:
                document = segment(document.text, source=document.source, offset=document.offset)
            for sentence in document.sentences:
                names = [token.text[0].isupper() for token in sentence.tokens]
                sentence.spans["ner"] = [TokenSpan(i, i + 1, "PER", 0.9) for i, name in enumerate(names) if name]
                for token, name in zip(sentence.tokens, names, strict=True):
                    token.tags["upos"] = "PROPN" if name else "NOUN"
            yield document

    def info(self) -> dict[str, Any]:
        return {
            "name": "fake",
            "licence": None,
            "parameters": 1234567,
            "labels": self.labels,
            "recipe": {"data": {"train": [{"path": "[a].conll"}]}},
        }


def install() -> None:
    """Put a room `syntagma.pipeline` in place that needs no torch, so that a test's process starts quickly."""
    room = ModuleType("syntagma.pipeline")
    room.__path__ = [str(Path(syntagma.__file__).parent / "pipeline")]
    room.load = lambda name, layers=None: FakePipeline()  # type: ignore[attr-defined]
    sys.modules["syntagma.pipeline"] = room


if __name__ == "__main__":
    from syntagma.cli import main

    install()
    sys.exit(main())
