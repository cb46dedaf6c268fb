"""How probable a decoder finds given tokens, each after those before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from syntagma.errors import SyntagmaError
from syntagma.language_models.batch import Batch, Piece
from syntagma.language_models.cache import SequenceCache, new_cache
from syntagma.language_models.decoder import Decoder

AT_ONCE = 512
"""Tokens read in one pass, over all sequences: their logits are held together."""


@dataclass
class _Reading:
    """A sequence of which some tokens have been read."""

    tokens: Sequence[int]
    cache: SequenceCache
    start: int
    found: list[Tensor] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Tokens to be read; the last one's successor is not asked for."""
        return len(self.tokens) - 1 - self.cache.length


@torch.inference_mode()
def log_probabilities(
    decoder: Decoder, sequences: Sequence[Sequence[int]], *, after: SequenceCache | None = None
) -> list[Tensor]:
    """Natural log-probability of every token but the first of each sequence, `[tokens - 1]`, float32.

    With `after`, whose tokens the sequences must begin with, only what follows them is scored, `[tokens - remembered]`:
    the cache must lack the last of the common tokens, since that one predicts the first that differs.

    Raises:
        SyntagmaError: a sequence is longer than the model can read.
    """
    readings = [_reading(decoder, sequence, after) for sequence in sequences]
    for pieces in _passes(readings):
        _read(decoder, pieces)
    return [torch.cat(reading.found) if reading.found else torch.empty(0) for reading in readings]


@torch.inference_mode()
def remembered(decoder: Decoder, tokens: Sequence[int]) -> SequenceCache:
    """The memory of a decoder that has read these tokens.

    Raises:
        SyntagmaError: they are more than it can read.
    """
    reading = _reading(decoder, tokens, None)
    for start in range(0, len(tokens), AT_ONCE):
        piece = torch.tensor(tokens[start : start + AT_ONCE], device=decoder.device)
        decoder(decoder.embed(piece), Batch(decoder.config, [Piece(len(piece), reading.cache)], decoder.device))
    return reading.cache


def _reading(decoder: Decoder, tokens: Sequence[int], after: SequenceCache | None) -> _Reading:
    config = decoder.config
    if len(tokens) > config.max_positions:
        raise SyntagmaError(
            f"{len(tokens):,} tokens to score for a model that reads {config.max_positions:,}",
            fix="Score them in windows",
        )
    long = config.turns_long(len(tokens))
    if after is None or after.long != long:
        cache = new_cache(config, dtype=decoder.dtype, device=decoder.device, long=long, piece=AT_ONCE)
        return _Reading(tokens, cache, 0 if after is None else after.length)
    return _Reading(tokens, after.copy(), after.length)


def _passes(readings: Sequence[_Reading]) -> Iterator[list[tuple[_Reading, int]]]:
    """What is read together: pieces that make up at most `AT_ONCE` tokens."""
    batch: list[tuple[_Reading, int]] = []
    room = AT_ONCE
    for reading in readings:
        left = reading.left
        while left > 0:
            count = min(left, room)
            batch.append((reading, count))
            left, room = left - count, room - count
            if room == 0:
                yield batch
                batch, room = [], AT_ONCE
    if batch:
        yield batch


def _read(decoder: Decoder, pieces: Sequence[tuple[_Reading, int]]) -> None:
    """One pass; each sequence is given the log-probabilities of the tokens that follow those read."""
    starts = [reading.cache.length for reading, _ in pieces]
    tokens = [reading.tokens[start : start + count] for (reading, count), start in zip(pieces, starts, strict=True)]
    flat = torch.tensor([token for piece in tokens for token in piece], device=decoder.device)
    batch = Batch(decoder.config, [Piece(count, reading.cache) for reading, count in pieces], decoder.device)
    shares = decoder.logits(decoder(decoder.embed(flat), batch)).log_softmax(-1)
    for (reading, count), start, rows in zip(
        pieces, starts, torch.split(shares, [count for _, count in pieces]), strict=True
    ):
        following = torch.tensor(reading.tokens[start + 1 : start + 1 + count], device=decoder.device)
        scored = rows.gather(-1, following[:, None])[:, 0].cpu()
        reading.found.append(scored[max(0, reading.start - start) :])
