"""The decoder of the Phi families and Llama-type models: embeddings in, hidden states and logits out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from syntagma.language_models.batch import Batch
from syntagma.language_models.block import Block
from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.fused.decode import decode_step, suits
from syntagma.language_models.linear import Linear
from syntagma.language_models.norms import norm
from syntagma.language_models.weights import Weight


class Embedding(nn.Module):
    """The table of token vectors."""

    weight: Weight
    """Set when the parameters are read."""


class Decoder(nn.Module):
    """A causal transformer described by a config (arXiv 2404.14219, 2503.01743; phi-decoder.md, section 2).

    What it reads are vectors, so that they may come from elsewhere than its table of tokens.
    """

    def __init__(self, config: DecoderConfig, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.config, self.dtype = config, dtype
        self.embedding = Embedding()
        self.layers = nn.ModuleList(Block(config, layer) for layer in range(config.num_layers))
        self.norm = norm(config)
        self.head = Linear()
        self.register_buffer("_dummies", torch.tensor(config.dummy_tokens, dtype=torch.int64), persistent=False)
        self.to(dtype)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.norm.weight.device

    @property
    def weight_bytes(self) -> int:
        """Memory that the parameters take, in bytes; a tied table counts once."""
        packed = {weight for weight in self.modules() if isinstance(weight, Weight)}
        own = sum(parameter.nbytes for parameter in self.parameters())
        biases = sum(
            module.bias.nbytes for module in self.modules() if isinstance(module, Linear) and module.bias is not None
        )
        return sum(weight.nbytes for weight in packed) + own + biases

    def embed(self, tokens: Tensor) -> Tensor:
        """Vectors of token ids `[...]`: `[..., hidden]`.

        Raises:
            IndexError: an id is not of the vocabulary.
        """
        rows = self.embedding.weight.rows(tokens).to(self.dtype)
        return rows if self.config.embedding_multiplier == 1 else rows * self.config.embedding_multiplier

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Read vectors `[tokens, hidden]` of the batch's pieces; normalised states of the last layer, same shape."""
        result = decode_step(self, hidden, batch) if suits(self, hidden, batch) else self._layer_by_layer(hidden, batch)
        batch.commit()
        return result

    def _layer_by_layer(self, hidden: Tensor, batch: Batch) -> Tensor:
        for layer in self.layers:
            hidden = layer(hidden, batch)
        result: Tensor = self.norm(hidden)
        return result

    def logits(self, states: Tensor) -> Tensor:
        """Scores of the next token `[..., vocabulary]`, float32; ids that stand for nothing have -inf."""
        scores: Tensor = self.head(states).float()
        if self.config.logit_divisor != 1:
            scores = scores / self.config.logit_divisor
        if len(self._dummies):
            scores = scores.index_fill(-1, self._dummies, -torch.inf)
        return scores

    _dummies: Tensor
