"""Sentences with all layers of a teacher: gold annotation where there is some, the teacher's where there is none.

    python studies/en-small/silver.py MODEL INPUT OUTPUT.conllu

INPUT is CoNLL-U with gold parts of speech and trees, or a plain text, of which those sentences are kept that look like
sentences.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from syntagma.atomic import replace_file
from syntagma.learning.evaluation import unannotated
from syntagma.pipeline import Pipeline, load
from syntagma.text.document import Document, Sentence, Token, TokenSpan
from syntagma.text.formats import format_of, read_conllu, read_plain, write_conllu

MINIMUM, MAXIMUM = 4, 80
"""Words of a sentence of a plain text that is kept."""


def main() -> None:
    """Label the input and write it, a document a sentence."""
    model, source, output = map(Path, sys.argv[1:4])
    teacher = load(model)
    output.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(output) as stream:
        write_conllu((completed if format_of(source) == "conllu" else labelled)(teacher, source), stream)


def completed(teacher: Pipeline, source: Path) -> Iterator[Document]:
    """The sentences of an annotated file with their gold layers, and the teacher's beside them."""
    gold = [sentence for document in read_conllu(source) for sentence in document.sentences]
    bare = (document_of(unannotated(sentence).tokens) for sentence in gold)
    for right, document in zip(gold, teacher.pipe(bare), strict=True):
        (sentence,) = document.sentences
        sentence.spans |= {name: list(spans) for name, spans in right.spans.items()}
        sentence.trees |= {name: list(arcs) for name, arcs in right.trees.items()}
        for token, gold_token in zip(sentence.tokens, right.tokens, strict=True):
            token.tags |= gold_token.tags
        yield document


def labelled(teacher: Pipeline, source: Path) -> Iterator[Document]:
    """The sentences of a text that look like sentences, with the teacher's layers."""
    for document in teacher.pipe(read_plain(source)):
        for sentence in document.sentences:
            if MINIMUM <= len(sentence.tokens) <= MAXIMUM and sentence.tokens[-1].text in '.!?"”':
                yield document_of(sentence.tokens, sentence.spans)


def document_of(tokens: list[Token], spans: dict[str, list[TokenSpan]] | None = None) -> Document:
    """A document of one sentence, whose text is its words joined by blanks."""
    placed, start = [], 0
    for token in tokens:
        placed.append(Token(token.text, start, start + len(token.text), token.tags))
        start += len(token.text) + 1
    return Document(" ".join(token.text for token in tokens), [Sentence(placed, spans or {})])


if __name__ == "__main__":
    main()
