"""Raw English texts with gold entities at exact characters, put together again from the UNER and UD test files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

EWT_ENTITIES = "uner/English-EWT/en_ewt-ud-test.iob2"
PUD_ENTITIES = "uner/English-PUD/en_pud-ud-test.iob2"
EWT_TREES = "ud-treebanks/UD_English-EWT/en_ewt-ud-test.conllu"
TYPES = {"PER", "LOC", "ORG"}


@dataclass(frozen=True, order=True)
class Entity:
    """A labelled span, of characters or of words: `[start, end)`."""

    start: int
    end: int
    label: str


@dataclass
class GoldSentence:
    """A sentence as a treebank has it: its key, raw text, words, one tag per word, and whether it opens a paragraph."""

    key: str = ""
    text: str = ""
    words: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    opens_document: bool = False
    opens_paragraph: bool = False


@dataclass
class GoldText:
    """A document's raw text with its gold entities by character."""

    text: str
    entities: list[Entity]


def read_sentences(path: Path, tag_column: int) -> Iterator[GoldSentence]:
    """The sentences of a UNER (tag column 2) or CoNLL-U (3) file; ranges and empty nodes are left out."""
    sentence = GoldSentence()
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            if sentence.words:
                yield sentence
            sentence = GoldSentence()
        elif line.startswith("# ") and not sentence.words:
            key, _, value = line[2:].partition(" = ")
            sentence.opens_document |= key == "newdoc id"
            sentence.opens_paragraph |= key.startswith("newpar")
            sentence.key = value if key == "sent_id" else sentence.key
            sentence.text = value if key == "text" else sentence.text
        elif (columns := line.split("\t"))[0].isdigit():
            sentence.words.append(columns[1])
            sentence.tags.append(columns[tag_column])
    if sentence.words:
        yield sentence


def word_entities(tags: list[str]) -> list[Entity]:
    """The spans of an IOB2 row by word, of the three types only."""
    spans, start = [], 0
    for position, tag in enumerate([*tags, "O"]):
        if position and not tag.startswith("I-") and tags[position - 1] != "O":
            spans.append(Entity(start, position, tags[position - 1][2:]))
        if tag.startswith("B-"):
            start = position
    return [span for span in spans if span.label in TYPES]


def character_entities(sentence: GoldSentence) -> list[Entity]:
    """The same by character of the sentence's text."""
    starts, ends, place = [], [], 0
    for word in sentence.words:
        start = sentence.text.find(word, place)
        if start < 0:
            raise SystemExit(f"{sentence.key}: the word {word!r} is not in the text after character {place}")
        place = start + len(word)
        starts.append(start)
        ends.append(place)
    return [Entity(starts[s.start], ends[s.end - 1], s.label) for s in word_entities(sentence.tags)]


def gold_texts(sentences: list[GoldSentence], paragraphs: set[str]) -> list[GoldText]:
    """Whole documents: a blank line before a paragraph, a space before any other sentence."""
    documents: list[GoldText] = []
    for sentence in sentences:
        if sentence.opens_document:
            documents.append(GoldText("", []))
        document = documents[-1]
        if document.text:
            document.text += "\n\n" if sentence.key in paragraphs else " "
        shift = len(document.text)
        document.entities += [Entity(e.start + shift, e.end + shift, e.label) for e in character_entities(sentence)]
        document.text += sentence.text
    return documents


def f1(gold: list[list[Entity]], found: list[list[Entity]]) -> dict[str, float]:
    """Precision, recall and F1 of exact spans, in percent."""
    correct = sum(len(set(a) & set(b)) for a, b in zip(gold, found, strict=True))
    wanted, given = sum(map(len, gold)), sum(map(len, found))
    precision, recall = correct / max(given, 1), correct / max(wanted, 1)
    harmonic = 2 * precision * recall / max(precision + recall, 1e-12)
    return {"precision": 100 * precision, "recall": 100 * recall, "f1": 100 * harmonic, "gold": wanted, "found": given}
