"""Broad Twitter in the guidelines of Universal NER: mentions are no entities, nor are demonyms; a possessive is a word.

    python studies/en-small/prepare.py ../shared/data runs/en-small

reads `broad-twitter-corpus` in the first folder and writes `broad-twitter.conll` (word, tab, tag) into the second.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from syntagma.text.document import ENTITIES, Document, Sentence, Token, TokenSpan
from syntagma.text.formats.conll import read_conll, write_conll

SECTIONS = "abefgh"
POSSESSIVE = re.compile(r"(\w.*)(['’]s)")
NAME = re.compile(r"\w+")
DEMONYMS = frozenset(Path(__file__).with_name("demonyms.txt").read_text(encoding="utf-8").split())

Tagged = list[tuple[str, str | None]]
"""Words, each with the type of the entity it begins (`PER`), goes on with (`+PER`), or None."""


def main() -> None:
    """Convert every section, in order."""
    data, output = Path(sys.argv[1]), Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    with (output / "broad-twitter.conll").open("w", encoding="utf-8", newline="") as stream:
        write_conll(converted(data / "broad-twitter-corpus"), stream)


def converted(folder: Path) -> Iterator[Document]:
    """The corpus, a document a tweet."""
    for section in SECTIONS:
        for document in read_conll(folder / f"{section}.conll"):
            for sentence in document.sentences:
                if words := without_demonyms(split_possessives(join_mentions(tagged(sentence)))):
                    yield document_of(words)


def tagged(sentence: Sentence) -> Tagged:
    """A sentence's words with what they say of entities."""
    types: list[str | None] = [None] * len(sentence.tokens)
    for span in sentence.spans[ENTITIES]:
        types[span.first : span.stop] = [span.label, *(f"+{span.label}" for _ in range(span.stop - span.first - 1))]
    return list(zip(sentence.words, types, strict=True))


def join_mentions(words: Tagged) -> Tagged:
    """`@` and the name after it are one word outside of every entity; a labelled `#word` loses its `#`."""
    joined: Tagged = []
    position, in_mention = 0, False
    while position < len(words):
        word, label = words[position]
        name = words[position + 1][0] if position + 1 < len(words) else ""
        starts = word == "@" and NAME.fullmatch(name) is not None
        in_mention = starts or (in_mention and f"{label}".startswith("+"))
        if starts:
            word += name
        if label and len(word) > 2:
            word = word.removeprefix("#")
        joined.append((word, None if in_mention or word.startswith("@") else label))
        position += 2 if starts else 1
    return joined


def split_possessives(words: Tagged) -> Tagged:
    """`London's` as an entity is `London` and, outside of it, `'s`."""
    split: Tagged = []
    for word, label in words:
        match = POSSESSIVE.fullmatch(word) if label else None
        split += [(match[1], label), (match[2], None)] if match else [(word, label)]
    return split


def without_demonyms(words: Tagged) -> Tagged:
    """`American`, `Iraqis` and their like are no entities by themselves."""
    following = [f"{label}" for _, label in words[1:]] + [""]
    return [
        (word, None if word.lower() in DEMONYMS and is_whole(f"{label}", after) else label)
        for (word, label), after in zip(words, following, strict=True)
    ]


def is_whole(label: str, after: str) -> bool:
    """Whether a word is an entity by itself."""
    return not label.startswith("+") and not after.startswith("+")


def document_of(words: Tagged) -> Document:
    """A document of one sentence; a word that goes on with an entity which did not begin, begins it."""
    tokens, spans, start = [], [], 0
    for position, (word, label) in enumerate(words):
        tokens.append(Token(word, start, start + len(word)))
        start += len(word) + 1
        if label and label.startswith("+") and spans and spans[-1].stop == position and spans[-1].label == label[1:]:
            spans[-1] = TokenSpan(spans[-1].first, position + 1, label[1:])
        elif label:
            spans.append(TokenSpan(position, position + 1, label.lstrip("+")))
    return Document(" ".join(word for word, _ in words), [Sentence(tokens, {ENTITIES: spans})])


if __name__ == "__main__":
    main()
