"""What one forward pass reads: pieces of several sequences, one after another, without padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from syntagma.language_models.cache import SequenceCache
from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.rotary import Turns, turns
from syntagma.language_models.visibility import by_blocks, causal


@dataclass
class Piece:
    """Some tokens in a row of one sequence, and what is remembered of those before them."""

    count: int
    cache: SequenceCache | None = None
    """None: nothing comes before, nothing is kept, and gradients can flow."""
    long: bool = False
    """Without a cache: whether the sequence turns by LongRoPE's long factors. A cache knows it itself."""
    route: int = 0
    """Which adapter the sequence takes."""
    _masks: dict[bool, Tensor | None] = field(default_factory=dict, repr=False)

    @property
    def start(self) -> int:
        """Position of the first token."""
        return 0 if self.cache is None else self.cache.length

    @property
    def turns_long(self) -> bool:
        """Whether its tokens turn by the long factors."""
        return self.long if self.cache is None else self.cache.long

    def mask(self, config: DecoderConfig, *, sparse: bool, device: torch.device) -> Tensor | None:
        """Visible keys, `[tokens, keys]` or `[heads, tokens, keys]`; None where nothing but causality hides any."""
        if sparse not in self._masks:
            self._masks[sparse] = self._mask(config, sparse, device)
        return self._masks[sparse]

    def _mask(self, config: DecoderConfig, sparse: bool, device: torch.device) -> Tensor | None:
        end = self.start + self.count
        windowed = config.window is not None and end > config.window
        if not sparse and not windowed and (self.count == 1 or self.start == 0):
            return None
        queries = torch.arange(self.start, end, device=device)
        keys = queries if self.cache is None else self.cache.positions(self.count)
        if sparse and config.sparsity is not None:
            return by_blocks(queries, keys, config.num_heads, config.sparsity)
        return causal(queries, keys, config.window)


class Batch:
    """Pieces in the order of their tokens, with where every token stands and how it turns."""

    def __init__(self, config: DecoderConfig, pieces: Sequence[Piece], device: torch.device) -> None:
        self.config, self.pieces, self.device = config, pieces, device
        for piece in pieces:
            if piece.cache is not None:
                piece.cache.reserve(piece.count)
        self.turns = self._turns()
        routes = [route for piece in pieces for route in [piece.route] * piece.count]
        self.routes = torch.tensor(routes, device=device) if any(routes) else None
        """Which adapter each token takes `[tokens]`; None where none takes any."""

    def commit(self) -> None:
        """The tokens are part of their sequences from now on."""
        for piece in self.pieces:
            if piece.cache is not None:
                piece.cache.commit(piece.count)

    def last_tokens(self) -> Tensor:
        """The place of each piece's last token `[pieces]`."""
        counts = torch.tensor([piece.count for piece in self.pieces], device=self.device)
        return counts.cumsum(0) - 1

    def _turns(self) -> Turns:
        positions = [position for piece in self.pieces for position in range(piece.start, piece.start + piece.count)]
        long = [long for piece in self.pieces for long in [piece.turns_long] * piece.count]
        return turns(
            self.config.rotary,
            torch.tensor(positions, dtype=torch.int64, device=self.device),
            torch.tensor(long, dtype=torch.bool, device=self.device),
        )
