"""Attention of a decoder layer: grouped queries over what their sequence remembers."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from syntagma.language_models.batch import Batch, Piece
from syntagma.language_models.cache.sequence_cache import Remembered
from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.linear import Linear
from syntagma.language_models.rotary import rotate


class Attention(nn.Module):
    """Queries, keys and values from one product, rotary positions, attention within each sequence, output."""

    def __init__(self, config: DecoderConfig, layer: int) -> None:
        super().__init__()
        self.config, self.layer = config, layer
        self.qkv, self.output = Linear(), Linear()
        self.sparse = config.sparsity is not None and config.sparsity.sparse(layer)

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """`[tokens, hidden]` to the same; tokens see those before them in their own sequence only."""
        config = self.config
        heads = self.qkv(hidden, batch.routes).view(len(hidden), -1, config.head_size)
        turned = rotate(heads[:, : config.num_heads + config.num_kv_heads], batch.turns)
        queries, keys = turned[:, : config.num_heads], turned[:, config.num_heads :]
        values = heads[:, config.num_heads + config.num_kv_heads :]
        counts = [piece.count for piece in batch.pieces]
        parts = (torch.split(part, counts) for part in (queries, keys, values))
        mixed = [self._attend(*of_piece) for of_piece in zip(batch.pieces, *parts, strict=True)]
        result: Tensor = self.output(mixed[0] if len(mixed) == 1 else torch.cat(mixed), batch.routes)
        return result

    def _attend(self, piece: Piece, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """What the queries `[tokens, heads, head size]` of one sequence see, `[tokens, heads * head size]`."""
        if piece.cache is None:
            seen = Remembered(keys.transpose(0, 1), values.transpose(0, 1))
        else:
            seen = piece.cache.store(self.layer, keys, values)
        mask = piece.mask(self.config, sparse=self.sparse, device=queries.device)
        kv_heads, group = self.config.num_kv_heads, self.config.num_heads // self.config.num_kv_heads
        grouped = queries.view(piece.count, kv_heads, group, -1).permute(1, 2, 0, 3)
        if mask is not None and mask.dim() == 3:
            mask = mask.view(kv_heads, group, *mask.shape[1:])
        if piece.count == 1:  # the queries of a group side by side, so that its keys are read once
            grouped = grouped.transpose(1, 2)
            mask = mask if mask is None or mask.dim() == 2 else mask.transpose(1, 2)
            all_keys, all_values = (block[:, None] for block in seen)
        else:
            all_keys, all_values = (block[:, None].expand(-1, group, -1, -1) for block in seen)
        mixed = scaled_dot_product_attention(
            grouped,
            all_keys,
            all_values,
            attn_mask=mask,
            is_causal=mask is None and piece.count > 1,
            scale=self.config.scale,
        )
        mixed = mixed.transpose(1, 2) if piece.count == 1 else mixed
        return mixed.permute(2, 0, 1, 3).reshape(piece.count, -1)
