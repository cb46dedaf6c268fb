"""One layer of a decoder: attention and feed-forward, each on normalised input and added to what it read."""

from __future__ import annotations

from torch import Tensor, nn

from syntagma.language_models.attention import Attention
from syntagma.language_models.batch import Batch
from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.feed_forward import FeedForward, MixtureOfExperts, gate_of
from syntagma.language_models.norms import norm


class Block(nn.Module):
    """`h += attention(norm(h)); h += feed_forward(norm(h))`."""

    def __init__(self, config: DecoderConfig, layer: int) -> None:
        super().__init__()
        self.attention_norm = norm(config)
        self.attention = Attention(config, layer)
        self.feed_forward_norm = norm(config)
        self.feed_forward = MixtureOfExperts(config) if config.experts else FeedForward(gate_of(config))

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """`[tokens, hidden]` to the same."""
        hidden = hidden + self.attention(self.attention_norm(hidden), batch)
        result: Tensor = hidden + self.feed_forward(self.feed_forward_norm(hidden), batch.routes)
        return result
