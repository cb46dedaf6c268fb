"""Exact inference against mean field, first order and second, and against words each by itself: accuracy and speed.

python studies/inference/run.py              trains what is not there yet: 60 runs, 30 of them as in potentials
python studies/inference/run.py --report     prints the tables of scores
python studies/inference/run.py --speed      times the models of seed 1 on the test parts, one thread, by CPU time
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from small_taggers import CORPORA, DATA, RUNS, DataSet, Kind, Run, study

from syntagma.encoders import WordVectors
from syntagma.learning.batches import by_length
from syntagma.learning.evaluation import unannotated
from syntagma.models import Tagger
from syntagma.recipes.datasets import read_sentences
from syntagma.recipes.saved_model import load_model
from syntagma.text.document import Sentence
from syntagma.text.view import View

RATE = "learning.learning_rate=2e-2"
KINDS = (
    Kind("softmax", ('structure.kind="independent"', RATE), "independent"),
    Kind("vanilla", ('scorer.kind="vanilla"', RATE), "linear-chain"),
    Kind("mean-field-1", ('structure.kind="mean-field"', RATE), "mean-field, order 1"),
    Kind("mean-field-2", ('structure.kind="mean-field"', "structure.order=2", RATE), "mean-field, order 2"),
)
BATCH_WORDS = 2000
ROUNDS = 5


def speed() -> None:
    """A Markdown table: words tagged a second with each kind's model, and the share of the time after the encoder."""
    torch.set_num_threads(1)
    print("| words/s | " + " | ".join(DATA) + " |")
    print("|---" * (len(DATA) + 1) + "|")
    for kind in KINDS:
        print(
            f"| {kind.title} | {' | '.join(_words_a_second(Run(data, kind, 1)) for data in DATA.values())} |",
            flush=True,
        )


def _words_a_second(run: Run) -> str:
    folder = RUNS / "models" / run.name
    if not folder.is_dir():
        return ""
    recipe, tagger, _ = load_model(folder)
    (source,) = recipe.data.test
    sentences = read_sentences(source, recipe.data.labels, CORPORA)
    lengths = [len(sentence.tokens) for sentence in sentences]
    batches = [[unannotated(sentences[i]) for i in batch] for batch in by_length(lengths, words=BATCH_WORDS)]
    tagger.annotate(batches[0])
    whole = median(_seconds(tagger, batches) for _ in range(ROUNDS))
    labels = median(_label_seconds(tagger, run.data, batches) for _ in range(ROUNDS))
    return f"{sum(lengths) / whole:,.0f} ({100 * labels / whole:.0f} %)"


def _seconds(tagger: Tagger, batches: Sequence[Sequence[Sentence]]) -> float:
    began = process_time()
    for batch in batches:
        tagger.annotate(batch)
    return process_time() - began


@torch.inference_mode()
def _label_seconds(tagger: Tagger, data: DataSet, batches: Sequence[Sequence[Sentence]]) -> float:
    """From word vectors to the best labels."""
    layer = tagger.layers[data.layer]
    encoded: list[WordVectors] = [tagger.encoder([View(sentence.words) for sentence in batch]) for batch in batches]
    began = process_time()
    for words in encoded:
        layer.distribution(words).argmax()
    return process_time() - began


if __name__ == "__main__":
    if sys.argv[1:] == ["--speed"]:
        speed()
    else:
        study(__doc__ or "", KINDS)
