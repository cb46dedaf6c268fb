"""A small model over three encoders, one of which says all that there is to know, and its search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from syntagma.encoders import Concatenation, Encoder, Recurrent, WordVectors
from syntagma.encoders.encoder import lengths_of
from syntagma.learning.batches import WordBudgetBatches
from syntagma.learning.optimizer import build_optimizer
from syntagma.learning.schedule import Schedule
from syntagma.learning.search.controller import Controller
from syntagma.learning.search.search import Search
from syntagma.learning.search.strategies import Budget, Sampled, Strategy
from syntagma.learning.trainer import Trainer
from syntagma.text.view import View

NAMES = ("lengths", "noise", "more")
WIDTHS = (2, 3, 1)
VIEWS = [View(["a" * (1 + (row * at) % 5) for at in range(1, 4)]) for row in range(6)]


class Numbers(Encoder):
    """A word's length, or noise, times learned weights; counts its runs."""

    def __init__(self, width: int, *, noisy: bool = False) -> None:
        super().__init__()
        self.width, self.noisy, self.runs = width, noisy, 0
        self.scale = nn.Parameter(torch.randn(width))

    def forward(self, views: Sequence[View]) -> WordVectors:
        self.runs += 1
        lengths = torch.tensor([[float(len(word)) for word in view.words] for view in views])
        values = torch.randn_like(lengths) if self.noisy else lengths
        return WordVectors(values[..., None] * self.scale, lengths_of(views, self.device))


class Model(nn.Module):
    """Says whether words are long."""

    def __init__(self, names: Sequence[str] = NAMES) -> None:
        super().__init__()
        made = {name: Numbers(width, noisy=name == "noise") for name, width in zip(NAMES, WIDTHS, strict=True)}
        self.concatenation = Concatenation({name: made[name] for name in names})
        self.encoder = Recurrent(self.concatenation, hidden=3, dropout=0.1)
        self.output = nn.Linear(6, 1)

    def forward(self, views: Sequence[View]) -> Tensor:
        scores: Tensor = self.output(self.encoder(views).vectors).squeeze(-1)
        return scores

    def loss(self, views: Sequence[View]) -> Tensor:
        return nn.functional.binary_cross_entropy_with_logits(self(views), gold(views))

    @torch.no_grad()
    def score(self) -> Mapping[str, float]:
        return {"score": ((self(VIEWS) > 0) == (gold(VIEWS) > 0)).float().mean().item()}


def gold(views: Sequence[View]) -> Tensor:
    return torch.tensor([[float(len(word) > 2) for word in view.words] for view in views])


def make_search(folder: Path, *, strategy: Strategy | None = None, episodes: int = 4, **changes: Any) -> Search:
    torch.manual_seed(5)
    model = Model()
    strategy = strategy or Sampled(Controller(3, seed=2), Budget(episodes, 2))
    epochs = strategy.budget.epochs

    def trainer(number: int, place: Path) -> Trainer[View]:
        batches = WordBudgetBatches([3] * len(VIEWS), words=6, seed=number)
        optimizer = build_optimizer(
            model, kind="adamw", learning_rate=0.1, transformer_learning_rate=0.1, layer_decay=1.0, weight_decay=0.0
        )
        schedule = Schedule("linear", steps=epochs * len(batches))
        return Trainer(
            model,
            VIEWS,
            batches,
            optimizer,
            schedule,
            model.score,
            epochs=epochs,
            patience=epochs,
            clip=5.0,
            folder=place,
        )

    return Search(model, model.concatenation.set_mask, strategy, trainer, folder, **changes)
