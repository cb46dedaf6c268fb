"""The training loop: epochs of batches, a dev score after each, the best weights kept, resumable at any step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, cast

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from syntagma.atomic import replace_folder
from syntagma.errors import TrainingError
from syntagma.learning.batches import WordBudgetBatches
from syntagma.learning.checkpoints import load_checkpoint, save_checkpoint
from syntagma.learning.history import Epoch, History
from syntagma.learning.interruption import Interruption, interruption
from syntagma.learning.progress import Progress, SilentProgress
from syntagma.learning.schedule import Schedule
from syntagma.models.weights import write_weights

Example = TypeVar("Example")
SECONDS_BETWEEN_CHECKPOINTS = 300.0
LAST, BEST, WEIGHTS = "last", "best", "weights.safetensors"


class Trainable(Protocol):
    """What the trainer asks of a model besides being an `nn.Module`."""

    def loss(self, examples: Sequence[Any]) -> Tensor:
        """A scalar: the mean loss a word."""
        ...


@dataclass
class Trainer(Generic[Example]):
    """Fits a model to examples.

    `evaluate` returns dev scores by name, whose key "score" chooses the best epoch. Training stops after `epochs`, or
    after `patience` epochs without a better score. `folder` keeps the last checkpoint and the best weights.
    """

    model: nn.Module
    examples: Sequence[Example]
    batches: WordBudgetBatches
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    evaluate: Callable[[], Mapping[str, float]]
    epochs: int
    patience: int
    clip: float
    folder: Path
    progress: Progress = field(default_factory=SilentProgress)

    def __post_init__(self) -> None:
        self._history = History()
        self._done = 0  # steps of the epoch that is under way
        self._losses = 0.0
        self._words = 0
        self._seconds = 0.0
        self._device = next(self.model.parameters()).device

    def run(self, *, resume: bool = False) -> History:
        """Train; with `resume` go on from the last checkpoint, if there is one. The model ends with its best weights.

        The same seed gives the same weights, interrupted or not, on the same machine with the same number of threads.

        Raises:
            KeyboardInterrupt: the user stopped the run; the checkpoint is saved.
        """
        if resume and self._last.exists():
            self._restore()
        with interruption() as asked, self.progress:
            while not self._finished():
                self._one_epoch(asked)
        self.model.load_state_dict(load_file(self.folder / BEST / WEIGHTS))
        self.model.eval()
        return self._history

    def _finished(self) -> bool:
        return len(self._history.epochs) >= self.epochs or self._history.since_best > self.patience

    def _one_epoch(self, asked: Interruption) -> None:
        number = len(self._history.epochs) + 1
        batches = self.batches.epoch(number)
        saved = started = time.monotonic()
        self.model.train()
        for batch in batches[self._done :]:
            loss, words = self._step(batch, number, len(batches))
            self._losses += loss * words
            self._words += words
            self._done += 1
            self.progress.step(number, self._done, len(batches), self._losses / self._words)
            now = time.monotonic()
            if asked.requested or now - saved > SECONDS_BETWEEN_CHECKPOINTS:
                self._seconds, started, saved = self._seconds + now - started, now, now
                self._save()
            if asked.requested:
                raise KeyboardInterrupt
        self._close_epoch(number, time.monotonic() - started)

    def _step(self, batch: Sequence[int], epoch: int, steps: int) -> tuple[float, int]:
        factor = self.schedule.at((epoch - 1) * steps + self._done)
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor
        self.optimizer.zero_grad(set_to_none=True)
        with self._autocast():
            loss = cast(Trainable, self.model).loss([self.examples[index] for index in batch])
        if not loss.isfinite():
            raise TrainingError(
                f"the loss is {loss.item()} in epoch {epoch}, step {self._done}", fix="Lower the learning rate"
            )
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        return loss.item(), sum(self.batches.lengths[index] for index in batch)

    def _close_epoch(self, number: int, seconds: float) -> None:
        self.model.eval()
        scores = dict(self.evaluate())
        score = scores.pop("score")
        rate = self.optimizer.param_groups[0]["lr"]
        epoch = Epoch(number, self._losses / self._words, rate, self._seconds + seconds, self._words, score, scores)
        self._history.epochs.append(epoch)
        self._done, self._losses, self._words, self._seconds = 0, 0.0, 0, 0.0
        self.schedule.observe(score)
        if self._history.best is epoch:
            self._save_best()
        self._save()
        self.progress.epoch(epoch, is_best=self._history.best is epoch)

    def _autocast(self) -> AbstractContextManager[Any]:
        if self._device.type != "cuda":
            return nullcontext()
        return torch.autocast("cuda", dtype=torch.bfloat16)

    @property
    def _last(self) -> Path:
        return self.folder / LAST

    def _save(self) -> None:
        save_checkpoint(self._last, self.model, self.optimizer, dict(self._state()))

    def _save_best(self) -> None:
        with replace_folder(self.folder / BEST) as fresh:
            write_weights(fresh / WEIGHTS, self.model.state_dict())

    def _state(self) -> Iterator[tuple[str, Any]]:
        yield "history", self._history.state()
        yield "schedule", self.schedule.state()
        yield "epoch", {"done": self._done, "losses": self._losses, "words": self._words, "seconds": self._seconds}

    def _restore(self) -> None:
        state = load_checkpoint(self._last, self.model, self.optimizer)
        self._history = History.restore(state["history"])
        self.schedule.restore(state["schedule"])
        epoch = state["epoch"]
        self._done, self._losses, self._words, self._seconds = (
            epoch["done"],
            epoch["losses"],
            epoch["words"],
            epoch["seconds"],
        )
