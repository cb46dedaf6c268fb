"""en-small, the model inside the package: small, documented, and as good as its card says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syntagma.learning.evaluation import headline
from syntagma.pipeline import Pipeline, load, packaged_models
from syntagma.pipeline.evaluation import evaluate
from syntagma.pipeline.loading import PACKAGED
from syntagma.text.formats import read_documents

FOLDER = PACKAGED / "en-small"
SETS = {
    "UNER English-EWT test": (
        "uner/English-EWT/en_ewt-ud-test.iob2",
        {"types": {t: t for t in ("PER", "LOC", "ORG")} | {"OTH": ""}},
    ),
    "UNER English-PUD test": (
        "uner/English-PUD/en_pud-ud-test.iob2",
        {"types": {t: t for t in ("PER", "LOC", "ORG")} | {"OTH": ""}},
    ),
    "UD English-EWT test": ("ud-treebanks/UD_English-EWT/en_ewt-ud-test.conllu", {}),
}


@pytest.fixture(scope="module")
def english() -> Pipeline:
    return load("en-small")


def test_it_is_in_the_package_and_small(english: Pipeline) -> None:
    assert "en-small" in packaged_models()
    assert sum(path.stat().st_size for path in FOLDER.rglob("*")) < 20_000_000
    assert english.origin.startswith("packaged with syntagma")
    assert english.labels["ner"] == ["LOC", "ORG", "PER"]
    assert len(english.labels["upos"]) == 17
    assert {"nsubj", "obj", "root"} < {*english.labels["dependencies"]}


def test_it_finds_what_anybody_would(english: Pipeline) -> None:
    document = english("Barack Obama met Angela Merkel in Berlin. Microsoft is in the United States.")
    found = {(span.text, span.label) for span in document.entities}
    assert {("Barack Obama", "PER"), ("Angela Merkel", "PER"), ("Berlin", "LOC"), ("Microsoft", "ORG")} <= found
    assert [token.upos for token in document.tokens[:4]] == ["PROPN", "PROPN", "VERB", "PROPN"]


def test_it_parses_what_anybody_would(english: Pipeline) -> None:
    (sentence,) = english("The old woman saw a black cat in the garden.").sentences
    arcs = sentence.trees["dependencies"]
    assert [arc.head for arc in arcs] == [3, 3, 4, 0, 7, 7, 4, 10, 10, 4, 4]
    relations = ["det", "amod", "nsubj", "root", "det", "amod", "obj", "case", "det", "obl", "punct"]
    assert [arc.relation for arc in arcs] == relations
    assert all(0 < (arc.confidence or 0) <= 1 for arc in arcs)


@pytest.mark.parametrize("layers", [["ner"], ["upos", "ner"], ["dependencies"]])
def test_layers_alone_say_the_same(english: Pipeline, layers: list[str]) -> None:
    text = "Ada Lovelace lived in London. She died there."
    alone, whole = load("en-small", layers=layers)(text), english(text)
    for one, other in zip(alone.sentences, whole.sentences, strict=True):
        assert {*one.spans, *one.trees, *one.tokens[0].tags} == {*layers}
        assert all(one.spans[name] == other.spans[name] for name in one.spans)
        assert all(one.trees[name] == other.trees[name] for name in one.trees)


def test_its_card_names_scores_data_and_licences() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for words in (*SETS, "CC BY-SA 4.0", "CC BY 4.0", "WikiGold", "WNUT-17", "Broad Twitter", "calibration"):
        assert words in card


@pytest.mark.parametrize("name", SETS)
def test_it_scores_what_its_report_says(english: Pipeline, shared_data: Path, name: str) -> None:
    path, options = SETS[name]
    report = json.loads((FOLDER / "report.json").read_text(encoding="utf-8"))
    (reported,) = [data_set for data_set in report["data_sets"] if data_set["name"] == name]
    measured = evaluate(english, read_documents(shared_data / path, **options), name=name).data_sets[0]
    for said, layer in zip(reported["layers"], measured.layers, strict=True):
        scores = said["scores"] | said["scores"].get("micro", {})
        expected = scores[{"spans": "f1", "tags": "accuracy", "tree": "las"}[said["kind"]]]
        assert headline(layer) == pytest.approx(expected, abs=0.0005)  # another processor may round another way
