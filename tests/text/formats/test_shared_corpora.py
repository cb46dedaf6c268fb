"""The corpora beside the repository: every one loads, with the counts of its README, and treebanks lose nothing."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from syntagma.text.formats import (
    ConlluRow,
    read_conll,
    read_conllu,
    read_conllu_sentences,
    read_documents,
    write_conllu,
    write_conllu_sentences,
)
from syntagma.text.trees import tree_fault

COUNTS = re.compile(r"\| (\S+) \| (\d+) \| (\d+) \| (\d+) \| (.*) \|")


def _check(folder: Path, file: str, sentences: str, tokens: str, types: str) -> None:
    documents = list(read_documents(folder / file, "conll"))
    found = [sentence for document in documents for sentence in document.sentences]
    labels = Counter(span.label for sentence in found for span in sentence.spans["ner"])
    # The README's script took the 39 lines "# O" of WikiGold for comments; they are words.
    hashes = sum(sentence.words.count("#") for sentence in found) if folder.name == "wikigold" else 0
    assert len(found) == int(sentences)
    assert sum(len(sentence.tokens) for sentence in found) == int(tokens) + hashes
    assert ", ".join(f"{label} {count}" for label, count in labels.most_common()) == types
    for document in documents:
        assert all(document.text[token.start : token.end] == token.text for token in document.tokens)


@pytest.mark.parametrize("name", ["wikigold", "wnut17", "broad-twitter-corpus"])
def test_entity_corpora(shared_data: Path, name: str) -> None:
    rows = COUNTS.findall((shared_data / name / "README.md").read_text())
    assert rows
    for file, sentences, tokens, _, types in rows:
        _check(shared_data / name, file, sentences, tokens, types)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bc5cdr", "uner"])
def test_larger_entity_corpora(shared_data: Path, name: str) -> None:
    rows = COUNTS.findall((shared_data / name / "README.md").read_text())
    assert rows
    for file, sentences, tokens, _, types in rows:
        _check(shared_data / name, file, sentences, tokens, types)


def test_english_universal_ner(shared_data: Path) -> None:
    rows = COUNTS.findall((shared_data / "uner" / "README.md").read_text())
    for file, sentences, tokens, _, types in rows:
        if file.startswith("English"):
            _check(shared_data / "uner", file, sentences, tokens, types)


def test_ncbi_disease(shared_data: Path) -> None:
    folder = shared_data / "ncbi-disease-el" / "conll"
    counts = {file: sum(len(document.entities) for document in read_conll(folder / file)) for file in sorted(FILES)}
    assert counts == FILES


FILES = {"devel.tsv": 787, "test.tsv": 960, "train.tsv": 5145}


def _same_bytes(path: Path) -> None:
    stream = io.StringIO(newline="")
    write_conllu_sentences(read_conllu_sentences(path), stream)
    assert stream.getvalue().encode() == path.read_bytes()
    sentences = [sentence for document in read_conllu(path) for sentence in document.sentences]
    words = sum(row.id.isdigit() for block in read_conllu_sentences(path) for row in block.rows)
    assert sum(len(sentence.tokens) for sentence in sentences) == words


def test_a_treebank_with_all_there_is(shared_data: Path) -> None:
    path = shared_data / "ud-treebanks" / "UD_English-EWT" / "en_ewt-ud-dev.conllu"
    _same_bytes(path)
    documents = list(read_conllu(path))
    assert len(documents) == 318
    assert all(document.text[t.start : t.end] == t.text for document in documents for t in document.tokens)
    texts = [block.values["text"] for block in read_conllu_sentences(path)]
    assert [doc.text[s.start : s.end] for doc in documents for s in doc.sentences] == texts


@pytest.mark.slow
def test_all_treebanks(shared_data: Path) -> None:
    paths = sorted((shared_data / "ud-treebanks").glob("*/*.conllu"))
    assert paths
    for path in paths:
        _same_bytes(path)


def _dependencies(rows: Iterable[ConlluRow]) -> list[tuple[str, str, str]]:
    return [(row.head, row.deprel, row.deps) for row in rows if row.id.isdigit()]


def _same_dependencies(path: Path, contracted: int) -> None:
    """What is written has the file's HEAD, DEPREL and DEPS, but for words that a path over empty nodes leads to."""
    stream = io.StringIO()
    write_conllu(read_conllu(path), stream)
    gold = _dependencies(row for block in read_conllu_sentences(path) for row in block.rows)
    again = read_conllu_sentences(io.StringIO(stream.getvalue()))
    found = _dependencies(row for block in again for row in block.rows)
    empty = [index for index, (_, _, deps) in enumerate(gold) if re.search(r"\d\.\d", deps)]
    assert len(empty) == contracted
    for index in empty:
        assert ">" in found[index][2]
        gold[index] = (*gold[index][:2], found[index][2])
    assert found == gold


@pytest.mark.parametrize(
    ("name", "contracted"),
    [
        ("UD_English-EWT/en_ewt-ud-test", 2),
        ("UD_French-Sequoia/fr_sequoia-ud-test", 0),
        pytest.param("UD_Dutch-LassySmall/nl_lassysmall-ud-test", 202, marks=pytest.mark.slow),
    ],
)
def test_trees_and_graphs_of_treebanks_come_back(shared_data: Path, name: str, contracted: int) -> None:
    _same_dependencies(shared_data / "ud-treebanks" / f"{name}.conllu", contracted)


@pytest.mark.slow
def test_every_sentence_of_all_treebanks_is_a_tree(shared_data: Path) -> None:
    for path in sorted((shared_data / "ud-treebanks").glob("*/*.conllu")):
        for document in read_conllu(path):
            for sentence in document.sentences:
                assert tree_fault(sentence.trees["dependencies"]) is None, sentence.where
