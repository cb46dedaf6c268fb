"""Syntagma's side: a model through the public interface, on gold words and sentences, and how fast it was."""

from __future__ import annotations

import sys
import time
from importlib import metadata
from pathlib import Path

import torch
from measuring import folder_mb, hand_in, job

import syntagma
from syntagma.text.document import DEPENDENCIES, Sentence


def main() -> None:
    """Read the gold words, annotate them, hand in what was found."""
    work = job()
    torch.set_num_threads(1)
    nlp = syntagma.load(work["model"])
    list(nlp.annotate_words(work["words"][:50]))
    started, used = time.perf_counter(), time.process_time()
    found = list(nlp.annotate_words(work["words"] * work["repeat"]))[: len(work["words"])]
    times = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - used}
    version = f"Syntagma {metadata.version('syntagma')}, {nlp.recipe.name}, Python {sys.version.split()[0]}"
    size = {"model_mb": folder_mb(Path(nlp.origin.split(maxsplit=1)[-1].split(": ")[-1]))}
    hand_in({"version": version} | size | times | {"sentences": [rows(doc.sentences[0]) for doc in found]})


def rows(sentence: Sentence) -> list[tuple[str, str | None, int | None, str | None]]:
    """Word, part of speech, head and relation of every word; None where the model has none."""
    tree = sentence.trees.get(DEPENDENCIES)
    arcs = [(arc.head, arc.relation) for arc in tree] if tree else [(None, None)] * len(sentence.tokens)
    return [(token.text, token.upos, *arc) for token, arc in zip(sentence.tokens, arcs, strict=True)]


if __name__ == "__main__":
    main()
