"""spaCy's side: a trained pipeline on gold words and sentences, its own scores, and how fast it was."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import spacy
from measuring import folder_mb, hand_in, job
from spacy.scorer import Scorer
from spacy.tokens import Doc, DocBin
from spacy.training import Example

SCORES = ("tag_acc", "pos_acc", "morph_acc", "dep_uas", "dep_las")


def main() -> None:
    """Read the gold sentences, parse them, hand in what was found."""
    work = job()
    nlp = spacy.load(work["model"])
    gold = list(DocBin().from_disk(work["gold"]).get_docs(nlp.vocab))
    list(nlp.pipe(bare(gold[:50])))
    docs = bare(gold * work["repeat"])
    started, used = time.perf_counter(), time.process_time()
    found = list(nlp.pipe(docs))[: len(gold)]
    times = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - used}
    examples = [Example(guess, right) for guess, right in zip(found, gold, strict=True)]
    own = Scorer(nlp).score(examples)
    version = f"spaCy {spacy.__version__}, Python {sys.version.split()[0]}"
    own_scores = {name: own[name] for name in SCORES}
    result = {"version": version, "own_scores": own_scores, "model_mb": folder_mb(Path(work["model"]))}
    hand_in(result | times | {"sentences": [rows(doc) for doc in found]})


def bare(docs: list[Doc]) -> list[Doc]:
    """The same words with the same spaces, and nothing else."""
    return [Doc(doc.vocab, [token.text for token in doc], [bool(token.whitespace_) for token in doc]) for doc in docs]


def rows(doc: Doc) -> list[tuple[str, str, int, str]]:
    """Word, part of speech, head and relation of every word, as CoNLL-U has them."""
    return [
        (token.text, token.pos_, 0, "root")
        if token.head is token or token.head.i == token.i
        else (token.text, token.pos_, token.head.i + 1, token.dep_)
        for token in doc
    ]


if __name__ == "__main__":
    main()
