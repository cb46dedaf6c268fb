"""Syntagma's side: the packaged model through the public interface."""

from __future__ import annotations

import sys
import time

started = time.perf_counter()
import syntagma.pipeline  # noqa: E402  # which imports torch

imported = time.perf_counter() - started
nlp = syntagma.load(sys.argv[4], layers=["upos", "ner"] if sys.argv[3] == "entities" else None)
loaded = time.perf_counter() - started - imported

from importlib import metadata  # noqa: E402
from pathlib import Path  # noqa: E402

from measuring import cpu_seconds, dependencies_mb, folder_mb, hand_in, job  # noqa: E402

TYPES = {"PER", "ORG", "LOC"}


def timed(texts: list[str]) -> dict[str, float]:
    """Seconds for all texts, after a warm-up."""
    list(nlp.pipe(texts[:20]))
    start, used = time.perf_counter(), cpu_seconds()
    for _ in nlp.pipe(texts):
        pass
    return {"seconds": time.perf_counter() - start, "cpu_seconds": cpu_seconds() - used}


def main() -> None:
    """Do what the job says and hand the results in."""
    work = job()
    version = f"Syntagma {metadata.version('syntagma')}"
    result: dict[str, object] = {"import_seconds": imported, "load_seconds": loaded, "version": version}
    if "speed" in work:
        result |= timed(work["speed"])
    else:
        result["entities"] = {
            name: [[[e.start, e.end, e.label] for e in doc.entities if e.label in TYPES] for doc in nlp.pipe(texts)]
            for name, texts in work["texts"].items()
        }
        docs = {name: list(nlp.annotate_words(rows)) for name, rows in work["words"].items()}
        result["word_entities"] = {
            name: [
                [[s.first, s.stop, s.label] for s in doc.sentences[0].spans["ner"] if s.label in TYPES] for doc in found
            ]
            for name, found in docs.items()
        }
        result["upos"] = {name: [[token.upos for token in doc.tokens] for doc in found] for name, found in docs.items()}
        package = Path(syntagma.__file__).parent
        core = [line for line in metadata.requires("syntagma") or [] if "extra ==" not in line]
        result["model_mb"] = folder_mb(Path(nlp.origin.split(maxsplit=1)[-1].split(": ")[-1]))
        result["package_mb"] = folder_mb(package)
        result["environment_mb"] = folder_mb(package) + dependencies_mb(core)
    hand_in(result)


if __name__ == "__main__":
    main()
