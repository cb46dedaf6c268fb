"""A pretrained transformer as an encoder: any length of sentence, any word, with context that is read beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

import torch
from torch import Tensor, nn

from syntagma.encoders import pretrained
from syntagma.encoders.encoder import Encoder, WordVectors, lengths_of
from syntagma.encoders.pieces import Pieces
from syntagma.encoders.reading import Pooling, Reader, Reading
from syntagma.encoders.scalar_mix import ScalarMix
from syntagma.encoders.transformer_options import TransformerOptions
from syntagma.errors import RecipeError
from syntagma.text.view import View

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

AVERAGED_LAYERS = 4
PIECES_AT_ONCE = 8192
"""Padded sub-tokens in one run of the model; a larger batch is run in several of like lengths."""
_DEFAULT = TransformerOptions()


class Transformer(Encoder):
    """States of a pretrained transformer, one vector a word (extra `transformers`), read as the options say.

    A word that the tokenizer reads as nothing has the vector of the unknown piece, or zero where there is none.
    """

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, options: TransformerOptions = _DEFAULT
    ) -> None:
        super().__init__()
        self.model: nn.Module = model.requires_grad_(options.tuned)
        self.tokenizer = tokenizer
        self.options = options
        self.mix = ScalarMix(1 + int(model.config.num_hidden_layers)) if options.layers == "mix" else None
        self.width = int(model.config.hidden_size)
        self.reader = _reader(Pieces(tokenizer), pretrained.window_limit(model, tokenizer), options)

    @classmethod
    def from_name(cls, name: str | Path, options: TransformerOptions = _DEFAULT) -> Self:
        """Load pretrained weights by hub id or from a local folder: safetensors only, no code from the model.

        Raises:
            MissingExtraError: transformers is not installed.
            ModelError: the model cannot be found, or has no safetensors, no fast tokenizer, or needs its own code.
        """
        return cls(*pretrained.load(str(name)), options)

    @classmethod
    def from_assets(cls, folder: Path, options: TransformerOptions = _DEFAULT) -> Self:
        """Build again, without its weights, what `save_assets` wrote; weights are loaded into it afterwards.

        Raises:
            MissingExtraError: transformers is not installed.
            ModelError: a file is missing or cannot be read.
        """
        return cls(*pretrained.load_empty(folder), options)

    def read_by(self, pooling: Pooling) -> Self:
        """The same model, weights shared and fixed, with another pooling."""
        options = replace(self.options, tuned=False, pooling=pooling)
        other = type(self)(cast("PreTrainedModel", self.model), self.tokenizer, options)
        other.mix = self.mix
        return other

    def save_assets(self, folder: Path) -> None:
        """Write the model's configuration and the tokenizer's files, not the weights."""
        self.model.config.save_pretrained(folder)  # type: ignore[union-attr, operator]
        self.tokenizer.save_pretrained(folder)

    def train(self, mode: bool = True) -> Self:
        """Switch training; a model that is not tuned stays without dropout."""
        super().train(mode)
        if not self.options.tuned:
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
        rows = torch.tensor([row for row, one in enumerate(readings) for _ in one.columns], device=self.device)
        columns = torch.tensor(list(chain.from_iterable(one.columns for one in readings)), device=self.device)
        with torch.set_grad_enabled(self.options.tuned and torch.is_grad_enabled()):
            layers = [states[rows, columns] for states in self._layers(ids, mask)]
        picked = self.mix(layers) if self.mix is not None else torch.stack(layers).mean(0)
        if self.reader.pooling == "first":
            return picked
        return picked * picked.new_tensor(list(chain.from_iterable(one.weights for one in readings)))[:, None]

    def _layers(self, ids: Tensor, mask: Tensor) -> Sequence[Tensor]:
        """The states of the layers that count, each `[readings, ids, width]`."""
        if self.options.layers == "last":
            return [self.model(input_ids=ids, attention_mask=mask).last_hidden_state]
        states: Sequence[Tensor] = self.model(
            input_ids=ids, attention_mask=mask, output_hidden_states=True
        ).hidden_states
        return states if self.mix is not None else states[-AVERAGED_LAYERS:]

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


def _reader(pieces: Pieces, limit: int, options: TransformerOptions) -> Reader:
    window = min(limit, 512) if options.window is None else options.window
    smallest = pieces.framing + 2
    if not smallest <= window <= limit:
        raise RecipeError(f"window = {window} for a model that reads {smallest} to {limit} ids at once")
    room = window - pieces.framing
    stride = room // 2 if options.stride is None else options.stride
    if not 1 <= stride <= room:
        raise RecipeError(f"stride = {stride} with windows of {room} sub-tokens", fix=f"Choose 1 to {room}")
    return Reader(pieces, window, stride, options.pooling, around=options.context == "document")
