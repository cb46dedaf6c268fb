"""Token and sentence F1 on raw text rebuilt from a UD treebank, and microseconds a token.

    python benchmarks/segmentation.py ../shared/data/ud-treebanks/UD_English-EWT/en_ewt-ud-test.conllu

The raw text joins the sentences' texts by a blank line where a paragraph begins, else by a space. Tokens are the
treebank's syntactic words ("do", "n't"). A sentence counts as found if both its ends agree.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from syntagma.text.sentence_splitter import split_sentences
from syntagma.text.tokenizer import tokenize

Stretch = tuple[int, int]


@dataclass
class Gold:
    """One treebank document: its raw text, and where its words and sentences are."""

    text: str = ""
    words: list[Stretch] = field(default_factory=list)
    sentences: list[Stretch] = field(default_factory=list)

    def add(self, text: str, words: list[str], *, new_paragraph: bool) -> None:
        """Append a sentence; each word is looked for after the one before."""
        gap = "" if not self.text else "\n\n" if new_paragraph else " "
        position = start = len(self.text) + len(gap)
        self.text += gap + text
        for word in words:
            first = self.text.find(word, position)
            if first >= 0:
                position = first + len(word)
                self.words.append((first, position))
        self.sentences.append((start, start + len(text.rstrip())))


def read(path: Path) -> Iterator[Gold]:
    """Rebuild the documents of a CoNLL-U file."""
    gold = Gold()
    for block in path.read_text(encoding="utf-8").strip("\n").split("\n\n"):
        lines = block.split("\n")
        if any(line.startswith("# newdoc") for line in lines) and gold.text:
            yield gold
            gold = Gold()
        text = next(line.removeprefix("# text = ") for line in lines if line.startswith("# text = "))
        rows = [line.split("\t") for line in lines if line[:1].isdigit()]
        words = [row[1] for row in rows if row[0].isdecimal()]
        gold.add(text, words, new_paragraph=any(line.startswith("# newpar") for line in lines))
    yield gold


def f1(correct: int, found: int, wanted: int) -> float:
    """Harmonic mean of precision and recall, in percent."""
    return 200 * correct / (found + wanted) if found + wanted else 0.0


def report(path: Path) -> str:
    """Segment every document of a file and tell the scores and the time in one line."""
    tokens, sentences, seconds = [0, 0, 0], [0, 0, 0], [0.0, 0.0]
    for gold in read(path):
        started = time.process_time()
        found = tokenize(gold.text)
        tokenized = time.process_time()
        split = split_sentences(gold.text, found)
        seconds[0] += tokenized - started
        seconds[1] += time.process_time() - tokenized
        _count(tokens, {(token.start, token.end) for token in found}, set(gold.words))
        _count(sentences, {(sentence.start, sentence.end) for sentence in split}, set(gold.sentences))
    per_token = [1e6 * value / max(tokens[1], 1) for value in seconds]
    return (
        f"{path.name}: token F1 {f1(*tokens):.2f}, sentence F1 {f1(*sentences):.2f}, {tokens[1]} tokens, "
        f"tokenize {per_token[0]:.2f} + split {per_token[1]:.2f} microseconds a token (CPU time, empty cache)"
    )


def _count(totals: list[int], found: set[Stretch], wanted: set[Stretch]) -> None:
    for index, value in enumerate((len(found & wanted), len(found), len(wanted))):
        totals[index] += value


def main() -> None:
    """Report on every treebank named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("treebanks", nargs="+", type=Path)
    for path in parser.parse_args().treebanks:
        print(report(path))


if __name__ == "__main__":
    main()
