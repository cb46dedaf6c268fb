"""The trainer: it learns, keeps the best weights, stops early, and resumes to the very same state."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from syntagma.errors import ModelError, TrainingError
from syntagma.learning.batches import WordBudgetBatches
from syntagma.learning.optimizer import build_optimizer
from syntagma.learning.progress import SilentProgress
from syntagma.learning.schedule import Schedule
from syntagma.learning.trainer import Trainer

EXAMPLES = [(torch.tensor([float(x), 1.0]), 2.0 * x - 1.0) for x in range(-8, 9)]


class Line(nn.Module):
    """A line with dropout, so that the random state matters."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Linear(2, 1, bias=False)
        self.dropout = nn.Dropout(0.1)

    def loss(self, examples: Sequence[tuple[Tensor, float]]) -> Tensor:
        inputs = torch.stack([x for x, _ in examples])
        targets = torch.tensor([y for _, y in examples])
        return ((self.weight(self.dropout(inputs)).squeeze(1) - targets) ** 2).mean()

    def fit(self) -> Mapping[str, float]:
        with torch.no_grad():
            return {"score": 1.0 / (1.0 + self.loss(EXAMPLES).item()), "fit": 0.5}


class StopAt(SilentProgress):
    """Sends the process the signal of Ctrl-C at a step."""

    def __init__(self, epoch: int, step: int) -> None:
        self.place = (epoch, step)

    def step(self, epoch: int, done: int, steps: int, loss: float) -> None:
        if (epoch, done) == self.place:
            os.kill(os.getpid(), signal.SIGINT)


def trainer(folder: Path, *, kind: Any = "adamw", epochs: int = 4, **changes: Any) -> Trainer[tuple[Tensor, float]]:
    torch.manual_seed(7)
    model = Line()
    batches = WordBudgetBatches([1] * len(EXAMPLES), words=5, seed=2)
    optimizer = build_optimizer(
        model, kind=kind, learning_rate=0.1, transformer_learning_rate=0.1, layer_decay=1.0, weight_decay=0.01
    )
    settings: dict[str, Any] = {"patience": 10, "clip": 5.0, "evaluate": model.fit, "epochs": epochs, "folder": folder}
    schedule = Schedule("linear", steps=epochs * len(batches))
    return Trainer(model, EXAMPLES, batches, optimizer, schedule, **settings | changes)


def weights(of: Trainer[Any]) -> list[float]:
    return [value for parameter in of.model.parameters() for value in parameter.flatten().tolist()]


def test_it_learns_and_ends_with_the_best_weights(tmp_path: Path) -> None:
    run = trainer(tmp_path, epochs=30)
    history = run.run()
    assert history.best is not None
    assert run.model.fit()["score"] == pytest.approx(history.best.score)  # type: ignore[operator]
    assert weights(run) == pytest.approx([2.0, -1.0], abs=0.3)
    assert history.epochs[0].dev == {"fit": 0.5}


@pytest.mark.parametrize("kind", ["adamw", "sgd"])
@pytest.mark.parametrize("place", [(1, 2), (2, 4), (3, 1)])
def test_an_interrupted_run_ends_in_the_same_state(tmp_path: Path, kind: str, place: tuple[int, int]) -> None:
    whole = trainer(tmp_path / "whole", kind=kind)
    expected = whole.run()
    broken = trainer(tmp_path / "broken", kind=kind, progress=StopAt(*place))
    with pytest.raises(KeyboardInterrupt):
        broken.run()
    torch.manual_seed(99)  # whatever the next process does before
    resumed = trainer(tmp_path / "broken", kind=kind)
    history = resumed.run(resume=True)
    assert weights(resumed) == weights(whole)
    assert [(e.loss, e.score, e.words) for e in history.epochs] == [(e.loss, e.score, e.words) for e in expected.epochs]


def test_it_stops_when_nothing_gets_better(tmp_path: Path) -> None:
    run = trainer(tmp_path, epochs=50, patience=2, evaluate=lambda: {"score": 0.5})
    assert len(run.run().epochs) == 4


def test_a_loss_that_is_no_number_is_an_error(tmp_path: Path) -> None:
    run = trainer(tmp_path)
    with torch.no_grad():
        run.model.weight.weight.fill_(float("nan"))  # type: ignore[union-attr, operator]
    with pytest.raises(TrainingError, match=r"loss is nan in epoch 1.*Lower the learning rate"):
        run.run()


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        trainer(tmp_path, progress=StopAt(2, 1)).run()
    (tmp_path / "last" / "state.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot be taken up"):
        trainer(tmp_path).run(resume=True)
