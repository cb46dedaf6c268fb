"""One token of each sequence through a decoder in one compiled call: when that can be done, and what is passed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from syntagma.language_models.batch import Batch
from syntagma.language_models.block import Block
from syntagma.language_models.config import Biases, DecoderConfig
from syntagma.language_models.feed_forward import FeedForward
from syntagma.language_models.weights import Weight
from syntagma.structures.kernels.dispatch import choose

if TYPE_CHECKING:
    from syntagma.language_models.decoder import Decoder
    from syntagma.language_models.weights.cpu.product import Plan

_WIDTH = 16
_MOST_ROWS, _MOST_HEAD_SIZE = 16, 256


def suits(decoder: Decoder, hidden: Tensor, batch: Batch) -> bool:
    """Whether `decode_step` can do what the decoder would with a batch, and is faster."""
    if len(hidden) > _MOST_ROWS or not len(hidden) or batch.routes is not None:
        return False
    if any(piece.count != 1 or piece.cache is None for piece in batch.pieces):
        return False
    if not _is_plain(decoder.config) or decoder.dtype not in (torch.float32, torch.bfloat16):
        return False
    if hidden.dtype != decoder.dtype or (hidden.requires_grad and torch.is_grad_enabled()):
        return False
    return choose(hidden, float(len(hidden)) * decoder.config.parameters, learns=False) == "cpu"


def decode_step(decoder: Decoder, hidden: Tensor, batch: Batch) -> Tensor:
    """What `decoder(hidden, batch)` computes where it `suits`, `[rows, hidden]`; the batch is not committed."""
    from syntagma.language_models.fused.cpu.decoding import decode
    from syntagma.language_models.weights.cpu.product import threads

    config, rows = decoder.config, len(hidden)
    plan = _plan(decoder)
    states = hidden.contiguous().clone()
    memories, longest = _memories(batch, config.window)
    stride = 4 * (longest + 2 * _WIDTH)
    scores = np.empty(rows * config.num_kv_heads * stride, np.uint8)
    cosines, sines = (table.contiguous() for table in batch.turns)
    decode(
        plan.words.ctypes.data,
        states.data_ptr(),
        rows,
        memories.ctypes.data,
        cosines.data_ptr(),
        sines.data_ptr(),
        config.norm_epsilon,
        config.scale,
        scores.ctypes.data,
        stride,
        *threads(),
    )
    return states


@cache
def _is_plain(config: DecoderConfig) -> bool:
    """Whether a decoder is made of nothing but what is compiled, in widths of whole registers."""
    widths = (config.hidden_size, config.intermediate_size, config.head_size, config.rotary.size // 2)
    return (
        config.norm == "rms"
        and config.activation == "swiglu"
        and config.experts is None
        and config.sparsity is None
        and config.biases == Biases(head=config.biases.head)
        and all(width % _WIDTH == 0 for width in widths)
        and config.head_size <= _MOST_HEAD_SIZE
    )


class _DecoderPlan(NamedTuple):
    """What is the same for all steps: its words, and the weights' plans that these lead to."""

    words: NDArray[np.int64]
    plans: list[tuple[Weight, Plan]]

    @property
    def holds(self) -> bool:
        """Whether all weights are where they were."""
        return all(weight.plans.get(plan.pairs) is plan for weight, plan in self.plans)


_plans: WeakKeyDictionary[Decoder, _DecoderPlan] = WeakKeyDictionary()


def _plan(decoder: Decoder) -> _DecoderPlan:
    kept = _plans.get(decoder)
    if kept is None or not kept.holds:
        _plans[decoder] = kept = _new_plan(decoder)
    return kept


def _new_plan(decoder: Decoder) -> _DecoderPlan:
    from syntagma.language_models.fused.cpu import attention
    from syntagma.language_models.weights.cpu.product import plan_of

    config, halves = decoder.config, decoder.dtype == torch.bfloat16
    words = [
        config.num_layers,
        config.hidden_size,
        config.num_heads,
        config.num_kv_heads,
        config.head_size,
        config.rotary.size,
        config.intermediate_size,
        int(halves),
        decoder.norm.weight.data_ptr(),
        attention.compiled().address,
    ]
    plans = []

    def product(weight: Weight) -> int:
        plan = plan_of(weight, halves)
        plans.append((weight, plan))
        return plan.address

    for block in decoder.layers:
        assert isinstance(block, Block)
        assert isinstance(block.feed_forward, FeedForward)  # the config has no experts
        words += [
            block.attention_norm.weight.data_ptr(),
            product(block.attention.qkv.weight),
            product(block.attention.output.weight),
            block.feed_forward_norm.weight.data_ptr(),
            product(block.feed_forward.gate_up.weight),
            product(block.feed_forward.down.weight),
        ]
    return _DecoderPlan(np.array(words, np.int64), plans)


def _memories(batch: Batch, window: int | None) -> tuple[NDArray[np.int64], int]:
    """Where each row's keys and values are, the new token's included, and how many tokens are seen at most."""
    rows, longest = [], 0
    for piece in batch.pieces:
        assert piece.cache is not None  # the batch suits
        keys, values, end = piece.cache.keys, piece.cache.values, piece.cache.length + 1
        first = 0 if window is None else max(0, end - window)
        item = keys.element_size()
        layer, head = keys.stride(0) * item, keys.stride(1) * item
        rows.append((keys.data_ptr(), values.data_ptr(), layer, head, keys.shape[2], first, end, 0))
        longest = max(longest, end - first)
    return np.array(rows, np.int64), longest
