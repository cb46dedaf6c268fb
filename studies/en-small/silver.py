"""The student's training data: gold annotation where there is some, the teacher's where there is none.

    python studies/en-small/silver.py studies/en-small/teacher.toml runs/en-small/teacher \\
        runs/en-small/wikipedia.txt runs/en-small/silver

Reads the training sources of the teacher's recipe and a plain text. Writes one CoNLL-U file for each into the last
folder, with both layers on every sentence.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from syntagma.learning.evaluation import unannotated
from syntagma.pipeline import Pipeline, load
from syntagma.recipes import load_recipe
from syntagma.recipes.datasets import read_sentences
from syntagma.text.document import Document, Sentence, Token, TokenSpan
from syntagma.text.formats import read_plain, write_conllu

MINIMUM, MAXIMUM = 4, 80
"""Words of a sentence of the plain text that is kept."""


def main() -> None:
    """Label every source, then the text."""
    recipe_path, model, text, output = map(Path, sys.argv[1:5])
    output.mkdir(parents=True, exist_ok=True)
    teacher, recipe = load(model), load_recipe(recipe_path)
    for source in recipe.data.train:
        gold = read_sentences(source, recipe.data.labels, recipe.folder)
        write(output / f"{re.sub('[^a-z0-9]+', '-', Path(source.path).stem.lower())}.conllu", completed(teacher, gold))
    write(output / "wikipedia.conllu", labelled(teacher, text))


def write(path: Path, documents: Iterable[Document]) -> None:
    """Write and say so."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        write_conllu(documents, stream)
    print(path)


def completed(teacher: Pipeline, gold: list[Sentence]) -> Iterator[Document]:
    """Each sentence as a document, its gold layers kept."""
    bare = (document_of(unannotated(sentence).tokens) for sentence in gold)
    for right, document in zip(gold, teacher.pipe(bare), strict=True):
        (sentence,) = document.sentences
        sentence.spans |= {name: list(spans) for name, spans in right.spans.items()}
        for token, gold_token in zip(sentence.tokens, right.tokens, strict=True):
            token.tags |= gold_token.tags
        yield document


def labelled(teacher: Pipeline, text: Path) -> Iterator[Document]:
    """The sentences of the text that look like sentences, each as a document."""
    for document in teacher.pipe(read_plain(text)):
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
