"""A pretrained transformer as an encoder: any length of sentence, any word, with context that is read beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, cast

import torch
from torch import Tensor, nn

from syntagma.encoders import pretrained
from syntagma.encoders.encoder import Encoder, WordVectors, lengths_of
from syntagma.encoders.pieces import Pieces
from syntagma.encoders.reading import Pooling, Reader, Reading
from syntagma.errors import RecipeError
from syntagma.text.view import View

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

Layers = Literal["last", "average"]
AVERAGED_LAYERS = 4
PIECES_AT_ONCE = 8192
"""Padded sub-tokens in one run of the model; a larger batch is run in several of like lengths."""


class Transformer(Encoder):
    """States of a pretrained transformer, one vector a word (extra `transformers`).

    Args:
        tuned: learn its weights too; otherwise they are fixed and its dropout is off.
        pooling: a word's vector is the state of its first sub-token, or the mean over them.
        layers: states of the last layer, or the average of the last four.
        window: ids read together, special ones included; by default what the model was made for, at most 512.
        stride: distance between the windows of a longer sentence; by default half a window.

    A word that the tokenizer reads as nothing has the vector of the unknown piece, or zero where there is none.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        *,
        tuned: bool = True,
        pooling: Pooling = "first",
        layers: Layers = "last",
        window: int | None = None,
        stride: int | None = None,
    ) -> None:
        super().__init__()
        _check_choice("pooling", pooling, ("first", "mean"))
        _check_choice("layers", layers, ("last", "average"))
        self.model: nn.Module = model.requires_grad_(tuned)
        self.tokenizer = tokenizer
        self.tuned = tuned
        self.layers = layers
        self.width = int(model.config.hidden_size)
        self.reader = _reader(Pieces(tokenizer), pretrained.window_limit(model, tokenizer), window, stride, pooling)

    @classmethod
    def from_name(
        cls,
        name: str | Path,
        *,
        tuned: bool = True,
        pooling: Pooling = "first",
        layers: Layers = "last",
        window: int | None = None,
        stride: int | None = None,
    ) -> Self:
        """Load pretrained weights by hub id or from a local folder: safetensors only, no code from the model.

        Raises:
            MissingExtraError: transformers is not installed.
            ModelError: the model cannot be found, or has no safetensors, no fast tokenizer, or needs its own code.
        """
        model, tokenizer = pretrained.load(str(name))
        return cls(model, tokenizer, tuned=tuned, pooling=pooling, layers=layers, window=window, stride=stride)

    @classmethod
    def from_assets(
        cls,
        folder: Path,
        *,
        tuned: bool = True,
        pooling: Pooling = "first",
        layers: Layers = "last",
        window: int | None = None,
        stride: int | None = None,
    ) -> Self:
        """Build again, without its weights, what `save_assets` wrote; weights are loaded into it afterwards.

        Raises:
            MissingExtraError: transformers is not installed.
            ModelError: a file is missing or cannot be read.
        """
        model, tokenizer = pretrained.load_empty(folder)
        return cls(model, tokenizer, tuned=tuned, pooling=pooling, layers=layers, window=window, stride=stride)

    def read_by(self, pooling: Pooling) -> Self:
        """The same model, weights shared and fixed, with another pooling."""
        model = cast("PreTrainedModel", self.model)
        return type(self)(model, self.tokenizer, tuned=False, pooling=pooling, layers=self.layers)

    def save_assets(self, folder: Path) -> None:
        """Write the model's configuration and the tokenizer's files, not the weights."""
        self.model.config.save_pretrained(folder)  # type: ignore[union-attr, operator]
        self.tokenizer.save_pretrained(folder)

    def train(self, mode: bool = True) -> Self:
        """Switch training; a model that is not tuned stays without dropout."""
        super().train(mode)
        if not self.tuned:
            self.model.eval()
        return self

    def depths(self) -> list[tuple[str, int]]:
        """Prefix of parameter names and depth, 0 for the embeddings and n for layer n; the longest prefix counts."""
        return [(f"model.{prefix}", depth) for prefix, depth in pretrained.layer_depths(self.model)]

    def forward(self, views: Sequence[View]) -> WordVectors:
        """Encode own words: vectors `[batch, words, width]`, float32 also under mixed precision."""
        lengths = lengths_of(views, self.device)
        longest = max((len(view.words) for view in views), default=0)
        dtype = torch.promote_types(next(self.model.parameters()).dtype, torch.float32)
        flat = torch.zeros(len(views) * longest, self.width, dtype=dtype, device=self.device)
        for readings in _runs(self.reader.read(views)):
            slots = torch.tensor(list(chain.from_iterable(one.slots for one in readings)), device=self.device)
            flat = flat.index_add(0, slots, self._states(readings).to(dtype))
        return WordVectors(flat.view(len(views), longest, self.width), lengths)

    def _states(self, readings: Sequence[Reading]) -> Tensor:
        """The weighted states that are used, `[states, width]`, in the order of the readings' slots."""
        ids, mask = self._batch(readings)
        with torch.set_grad_enabled(self.tuned and torch.is_grad_enabled()):
            output = self.model(input_ids=ids, attention_mask=mask, output_hidden_states=self.layers == "average")
        states = output.last_hidden_state
        if self.layers == "average":
            states = torch.stack(output.hidden_states[-AVERAGED_LAYERS:]).mean(0)
        rows = torch.tensor([row for row, one in enumerate(readings) for _ in one.columns], device=self.device)
        columns = torch.tensor(list(chain.from_iterable(one.columns for one in readings)), device=self.device)
        picked: Tensor = states[rows, columns]
        if self.reader.pooling == "first":
            return picked
        return picked * picked.new_tensor(list(chain.from_iterable(one.weights for one in readings)))[:, None]

    def _batch(self, readings: Sequence[Reading]) -> tuple[Tensor, Tensor]:
        """Padded ids and the mask of real ones, both `[readings, ids]` (int64)."""
        longest = max(len(one.ids) for one in readings)
        padding = self.reader.pieces.padding
        ids = [one.ids + [padding] * (longest - len(one.ids)) for one in readings]
        mask = [[1] * len(one.ids) + [0] * (longest - len(one.ids)) for one in readings]
        return torch.tensor(ids, device=self.device), torch.tensor(mask, device=self.device)


def _runs(readings: list[Reading]) -> Iterator[list[Reading]]:
    """Divide into runs of like lengths, each of at most `PIECES_AT_ONCE` padded ids."""
    run: list[Reading] = []
    for reading in sorted((one for one in readings if one.slots), key=lambda one: -len(one.ids)):
        if run and len(run[0].ids) * (len(run) + 1) > PIECES_AT_ONCE:
            yield run
            run = []
        run.append(reading)
    if run:
        yield run


def _reader(pieces: Pieces, limit: int, window: int | None, stride: int | None, pooling: Pooling) -> Reader:
    window = min(limit, 512) if window is None else window
    smallest = pieces.framing + 2
    if not smallest <= window <= limit:
        raise RecipeError(f"window = {window} for a model that reads {smallest} to {limit} ids at once")
    room = window - pieces.framing
    stride = room // 2 if stride is None else stride
    if not 1 <= stride <= room:
        raise RecipeError(f"stride = {stride} with windows of {room} sub-tokens", fix=f"Choose 1 to {room}")
    return Reader(pieces, window, stride, pooling)


def _check_choice(key: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise RecipeError(f"{key} = '{value}' is not known", fix="Choose one of: " + ", ".join(choices))
