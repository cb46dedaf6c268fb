"""What learning from teachers costs beside learning from annotation alone: processor time an epoch, targets aside.

    python benchmarks/distillation.py ../shared/data/ud-treebanks/UD_English-EWT/en_ewt-ud-train.conllu

A teacher is trained (how good it is matters little, but an unsure one leaves more to learn than one that knows) and
says what it says of every sentence. Small students learn from it half the time and from the annotation the other half.
Each round gives every way to learn an epoch in turn, all in one process on one thread; the table has the medians of
processor time, and their ratio to that of learning without teachers. Then the ten best outputs of the whole file are
found.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from torch import nn

from syntagma.learning.batches import WordBudgetBatches, by_length
from syntagma.learning.distillation import Lesson, Student
from syntagma.learning.objectives import Average, Interpolation
from syntagma.recipes.classroom import open_classroom
from syntagma.recipes.datasets import read_sentences
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.saved_model import load_model
from syntagma.recipes.training import train
from syntagma.text.document import Sentence

OBJECTIVES = ("structural", "posterior", "top-k", "weighted-top-k")
SMALL = {"kind": "convolution", "width": 64, "layers": 2, "of": {"kind": "hashed", "width": 64}}
LARGER = {"kind": "recurrent", "hidden": 128, "of": {"kind": "hashed", "width": 96}}
"""Encoders of students, the second like the packaged model's: the smaller, the more the rest of the loss counts."""
BATCH_WORDS = 800
TEACHER_EPOCHS = 6
HALF = Interpolation(tau=0.0, start=0.5)
K = 10


@dataclass(frozen=True)
class Task:
    """What is learned, and by which structures."""

    name: str
    labels: str
    teacher: Mapping[str, object]
    student: Mapping[str, object]
    encoder: Mapping[str, object]
    """Of the student."""

    @property
    def folder(self) -> str:
        """What its teacher's folder is called."""
        return self.name.replace(" ", "-")

    def recipe(self, data: Path, parts: Mapping[str, object], encoder: Mapping[str, object], epochs: int = 1) -> Recipe:
        """A recipe over so many epochs."""
        learning = {"epochs": epochs, "batch_words": BATCH_WORDS, "calibrate": False}
        sources = {"train": str(data), "dev": str(data), "labels": self.labels}
        return Recipe.model_validate(
            {"name": "student", "data": sources, "encoder": encoder, "learning": learning, **parts}
        )


HEADS = {"scorer": {"kind": "biaffine", "arc_hidden": 100, "relation_hidden": 50}}
TASKS = (
    Task(
        "tagger, chain",
        "upos",
        {"structure": {"kind": "linear-chain"}},
        {"structure": {"kind": "linear-chain"}},
        SMALL,
    ),
    Task(
        "parser, relative heads",
        "dependencies",
        {"structure": {"kind": "heads"}, **HEADS},
        {"structure": {"kind": "heads"}, "scorer": {"kind": "relative-heads"}},
        SMALL,
    ),
    *(
        Task(
            f"parser, biaffine trees, {name}",
            "dependencies",
            {"structure": {"kind": "nonprojective-tree"}, **HEADS},
            {"structure": {"kind": "nonprojective-tree"}, **HEADS},
            encoder,
        )
        for name, encoder in (("convolutions", SMALL), ("LSTM", LARGER))
    ),
)


def main() -> None:
    """Print the table of every task."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("treebank", type=Path)
    parser.add_argument("--sentences", type=int, default=1000, help="of the treebank, evenly taken")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="tasks whose name holds this")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        data = thinned(chosen.treebank, chosen.sentences, Path(folder) / "train.conllu")
        for task in TASKS:
            if chosen.only in task.name:
                print("\n".join(measured(task, data, Path(folder), chosen.rounds)), flush=True)
                print(best_of_all(Path(folder) / task.folder, chosen.treebank), "\n", flush=True)


def thinned(treebank: Path, count: int, to: Path) -> Path:
    """About so many of a file's sentences."""
    blocks = treebank.read_text(encoding="utf-8").strip().split("\n\n")
    to.write_text("".join(f"{block}\n\n" for block in blocks[:: max(1, len(blocks) // count)]), encoding="utf-8")
    return to


def measured(task: Task, data: Path, folder: Path, rounds: int) -> Iterator[str]:
    """The task's table as Markdown."""
    teacher = folder / task.folder
    wide = {"kind": "recurrent", "hidden": 64, "of": {"kind": "hashed", "width": 64}}
    train(task.recipe(data, task.teacher, wide, TEACHER_EPOCHS), teacher)
    ways: dict[str, tuple[nn.Module, Sequence[Sentence] | Sequence[Lesson]]] = {}
    targets: dict[str, float] = {}
    for objective in OBJECTIVES:
        taught = {"teachers": str(teacher), "objective": objective, "k": K, "cache": str(folder / "targets")}
        recipe = task.recipe(data, {**task.student, "distillation": taught}, task.encoder)
        room = open_classroom(recipe, [teacher], begun=False)
        began = time.process_time()
        room.curriculum.fill(lambda done, total: None, lambda holder: None)
        targets[objective] = time.process_time() - began
        layers = dict.fromkeys(room.curriculum.layers, Average(room.curriculum.objectives))
        ways.setdefault("without teachers", (room.tagger, room.sets.train))
        student = Student(room.tagger, layers, room.curriculum.targets, interpolation=HALF)
        ways[objective] = (student, list(room.curriculum.lessons()))
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (model, examples) in ways.items():
            times[name].append(epoch(model, examples))
    plain = median(times["without teachers"])
    words = sum(len(lesson.sentence.tokens) for lesson in room.curriculum.lessons())
    yield from (f"### {task.name}, {words:,} words", "", "| objective | s an epoch | ratio | s for targets |")
    yield "|---|---|---|---|"
    for name, seconds in times.items():
        made = f"{targets[name]:.1f}" if name in targets else ""
        yield f"| {name} | {median(seconds):.2f} | {median(seconds) / plain:.2f} | {made} |"
    yield ""


@torch.inference_mode()
def best_of_all(teacher: Path, treebank: Path) -> str:
    """The minutes that the k best outputs of a whole corpus take, the teacher's scores and without them."""
    recipe, tagger, _ = load_model(teacher)
    tagger.eval()
    (source,) = recipe.data.train
    sentences = read_sentences(source.model_copy(update={"path": str(treebank)}), recipe.data.labels, Path())
    lengths = [len(sentence.tokens) for sentence in sentences]
    began, alone = time.process_time(), 0.0
    for batch in by_length(lengths, words=2000):
        (found,) = tagger.distributions([sentences[index] for index in batch]).values()
        before = time.process_time()
        found.topk(K)
        alone += time.process_time() - before
    whole = time.process_time() - began
    return (
        f"{K} best outputs of {sum(lengths):,} words: {whole / 60:.2f} minutes, {alone / 60:.2f} of them without scores"
    )


def epoch(model: nn.Module, examples: Sequence[Sentence] | Sequence[Lesson]) -> float:
    """Seconds of the processor for one pass over the examples, as the trainer makes it."""
    sentences = [each.sentence if isinstance(each, Lesson) else each for each in examples]
    batches = WordBudgetBatches([len(each.tokens) for each in sentences], words=BATCH_WORDS, seed=1)
    optimizer = torch.optim.AdamW(model.parameters())
    model.train()
    began = time.process_time()
    for batch in batches.epoch(1):
        optimizer.zero_grad(set_to_none=True)
        model.loss([examples[index] for index in batch]).backward()  # type: ignore[operator]
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
    return time.process_time() - began


if __name__ == "__main__":
    main()
