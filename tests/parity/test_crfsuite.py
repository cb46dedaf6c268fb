"""A model that CRFsuite has trained, put into LinearChain: the same paths, probabilities and likelihoods.

CRFsuite (Okazaki, 2007) is written in C, sums in scaled probability space in float64, and shares no code with any
torch library. Its weights are read from its text dump, which has six digits after the point.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import torch
from torch import Tensor

from syntagma.structures import LinearChain

pycrfsuite = pytest.importorskip("pycrfsuite", reason="python-crfsuite is not installed: it comes with the extra 'dev'")

Sentence = list[tuple[str, str]]
TOLERANCE = 2e-5
"""Of a probability: a dozen weights of six digits are added at each word."""

SMALL = """
Maria/B-PER Sharapova/I-PER won/O in/O Paris/B-LOC ./O
The/O city/O of/O Paris/B-LOC greeted/O Maria/B-PER ./O
Anna/B-PER Lind/I-PER lives/O in/O Oslo/B-LOC with/O Per/B-PER Lind/I-PER ./O
In/O Oslo/B-LOC it/O rains/O ./O
Paris/B-PER Hilton/I-PER flew/O to/O New/B-LOC York/I-LOC ./O
No/O
"""


def small() -> list[Sentence]:
    pairs = [[word.rsplit("/", 1) for word in line.split()] for line in SMALL.strip().splitlines()]
    return [[(word, label) for word, label in line] for line in pairs]


def wnut17(shared_data: Path) -> list[Sentence]:
    text = (shared_data / "wnut17" / "wnut17train.conll").read_text(encoding="utf-8")
    blocks = re.split(r"\n\s*\n", text)[:250]
    return [
        [(word, label) for word, _, label in (line.partition("\t") for line in block.splitlines())] for block in blocks
    ]


def features(sentence: Sentence, i: int) -> list[str]:
    word = sentence[i][0]
    around = [
        f"{place}={sentence[j][0].lower()}" for place, j in (("-1", i - 1), ("+1", i + 1)) if 0 <= j < len(sentence)
    ]
    return ["bias", f"w={word.lower()}", f"suffix={word[-3:]}", f"title={word.istitle()}", *around]


@pytest.fixture(scope="module")
def sentences(request: pytest.FixtureRequest) -> list[Sentence]:
    return small() if request.param == "small" else wnut17(request.getfixturevalue("shared_data"))


@pytest.fixture(scope="module")
def tagger(sentences: list[Sentence], tmp_path_factory: pytest.TempPathFactory) -> pycrfsuite.Tagger:
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params({"c1": 0.01, "c2": 0.01, "max_iterations": 25, "feature.possible_transitions": True})
    for sentence in sentences:
        inputs = [features(sentence, i) for i in range(len(sentence))]
        trainer.append(inputs, [label for _, label in sentence])
    model = tmp_path_factory.mktemp("crfsuite") / "model"
    trainer.train(str(model))
    tagger = pycrfsuite.Tagger()
    tagger.open(str(model))
    return tagger


@pytest.fixture(scope="module")
def chain(sentences: list[Sentence], tagger: pycrfsuite.Tagger) -> LinearChain:
    """All sentences as one ragged batch."""
    dump, labels = tagger.info(), tagger.labels()
    weights: dict[str, dict[int, float]] = {}
    for (attribute, label), weight in dump.state_features.items():
        weights.setdefault(attribute, {})[labels.index(label)] = weight
    lengths = torch.tensor([len(sentence) for sentence in sentences])
    emissions = torch.zeros(len(sentences), int(lengths.max()), len(labels), dtype=torch.float64)
    for row, sentence in enumerate(sentences):
        for i in range(len(sentence)):
            for attribute in features(sentence, i):
                for label, weight in weights.get(attribute, {}).items():
                    emissions[row, i, label] += weight
    transitions = torch.zeros(len(labels), len(labels), dtype=torch.float64)
    for (before, after), weight in dump.transitions.items():
        transitions[labels.index(before), labels.index(after)] = weight
    return LinearChain(emissions, transitions, lengths=lengths)


def inputs(sentence: Sentence) -> list[list[str]]:
    return [features(sentence, i) for i in range(len(sentence))]


both = pytest.mark.parametrize("sentences", ["small", "wnut17"], indirect=True, scope="module")


@both
def test_best_sequences(chain: LinearChain, tagger: pycrfsuite.Tagger, sentences: list[Sentence]) -> None:
    names, best = tagger.labels(), chain.argmax().labels
    for row, sentence in enumerate(sentences):
        assert [names[label] for label in best[row, : len(sentence)].tolist()] == tagger.tag(inputs(sentence))


@both
def test_marginals(chain: LinearChain, tagger: pycrfsuite.Tagger, sentences: list[Sentence]) -> None:
    names, found = tagger.labels(), chain.label_marginals()
    for row, sentence in enumerate(sentences):
        tagger.set(inputs(sentence))
        expected = [[tagger.marginal(name, i) for name in names] for i in range(len(sentence))]
        close(found[row, : len(sentence)], torch.tensor(expected, dtype=torch.float64))


@both
def test_log_likelihoods(chain: LinearChain, tagger: pycrfsuite.Tagger, sentences: list[Sentence]) -> None:
    names = tagger.labels()
    gold = torch.zeros(chain.emissions.shape[:2], dtype=torch.int64)
    for row, sentence in enumerate(sentences):
        gold[row, : len(sentence)] = torch.tensor([names.index(label) for _, label in sentence])
    expected = []
    for sentence in sentences:
        tagger.set(inputs(sentence))
        expected.append(math.log(tagger.probability([label for _, label in sentence])))
    close(chain.log_prob(gold), torch.tensor(expected, dtype=torch.float64), 1e-4)


def close(found: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> None:
    torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)
