"""The decoder as its formulas read, a token and a head at a time in float64: what the fast one is tested against.

From papers/phi-decoder.md, sections 2 to 5, without a look at the code under test.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.decoder import Decoder

Parameters = Callable[[str], Tensor]


def parameters_of(decoder: Decoder) -> Parameters:
    """Look up a matrix or vector of a decoder as float64."""

    def look_up(name: str) -> Tensor:
        owner_name, _, part = name.rpartition(".")
        value = getattr(decoder.get_submodule(owner_name), part)
        return (value.dense() if hasattr(value, "dense") else value).double()

    return look_up


def reference_logits(decoder: Decoder, tokens: list[int]) -> Tensor:
    """Logits at every token of one sequence `[tokens, vocabulary]`."""
    config, get = decoder.config, parameters_of(decoder)
    hidden = get("embedding.weight")[tokens] * config.embedding_multiplier
    for layer in range(config.num_layers):
        name = f"layers.{layer}"
        hidden = hidden + attention(config, get, name, layer, normed(config, get, f"{name}.attention_norm", hidden))
        read = normed(config, get, f"{name}.feed_forward_norm", hidden)
        hidden = hidden + torch.stack([feed_forward(config, get, f"{name}.feed_forward", token) for token in read])
    states = normed(config, get, "norm", hidden)
    head = get("embedding.weight" if config.tied else "head.weight")
    logits = states @ head.T + (get("head.bias") if config.biases.head else 0)
    logits = logits / config.logit_divisor
    logits[:, list(config.dummy_tokens)] = -math.inf
    return logits


def normed(config: DecoderConfig, get: Parameters, name: str, hidden: Tensor) -> Tensor:
    """RMSNorm, or LayerNorm."""
    if config.norm == "layer":
        centred = hidden - hidden.mean(-1, keepdim=True)
        scaled = centred / (centred.square().mean(-1, keepdim=True) + config.norm_epsilon).sqrt()
        return scaled * get(f"{name}.weight") + get(f"{name}.bias")
    return hidden / (hidden.square().mean(-1, keepdim=True) + config.norm_epsilon).sqrt() * get(f"{name}.weight")


def attention(config: DecoderConfig, get: Parameters, name: str, layer: int, hidden: Tensor) -> Tensor:
    """Every head of every token by itself."""
    length, size = len(hidden), config.head_size
    rows = hidden @ get(f"{name}.attention.qkv.weight").T
    if config.biases.qkv:
        rows = rows + get(f"{name}.attention.qkv.bias")
    queries, keys, values = (
        part.view(length, -1, size) for part in rows.split([config.query_size, config.key_size, config.key_size], -1)
    )
    queries, keys = turned(config, queries), turned(config, keys)
    result = torch.zeros(length, config.query_size, dtype=torch.float64)
    for head in range(config.num_heads):
        own = head // (config.num_heads // config.num_kv_heads)
        for i in range(length):
            seen = [j for j in range(i + 1) if sees(config, layer, head, i, j)]
            shares = (config.scale * keys[seen, own] @ queries[i, head]).softmax(0)
            result[i, head * size : (head + 1) * size] = shares @ values[seen, own]
    result = result @ get(f"{name}.attention.output.weight").T
    return result + get(f"{name}.attention.output.bias") if config.biases.attention_output else result


def sees(config: DecoderConfig, layer: int, head: int, i: int, j: int) -> bool:
    """Window and blocks; causality is seen to."""
    if config.window is not None and i - j >= config.window:
        return False
    blocks = config.sparsity
    if blocks is None or (layer + 1) % blocks.dense_every == 0:
        return True
    near = i // blocks.block - j // blocks.block < blocks.near
    step = max(1, blocks.stride // config.num_heads)
    return near or (j // blocks.block + head * step + 1) % blocks.stride == 0


def turned(config: DecoderConfig, heads: Tensor) -> Tensor:
    """Rotary positions of one sequence `[tokens, heads, head size]`, by the factors for its length."""
    length, half, rotary = len(heads), config.rotary.size // 2, config.rotary
    positions = torch.arange(length, dtype=torch.float64)[:, None]
    result = heads.clone()
    for pair in range(half):
        factor, scale = 1.0, 1.0
        if rotary.long is not None:
            beyond = length > rotary.long.original_positions
            factor = (rotary.long.long_factors if beyond else rotary.long.short_factors)[pair]
            scale = rotary.long.long_scale if beyond else rotary.long.short_scale
        angles = positions / (factor * rotary.theta ** (2 * pair / rotary.size))
        cosines, sines = scale * angles.cos(), scale * angles.sin()
        result[:, :, pair] = heads[:, :, pair] * cosines - heads[:, :, pair + half] * sines
        result[:, :, pair + half] = heads[:, :, pair + half] * cosines + heads[:, :, pair] * sines
    return result


def feed_forward(config: DecoderConfig, get: Parameters, name: str, hidden: Tensor) -> Tensor:
    """SwiGLU, GeGELU, or two experts of one token."""
    if config.experts is None:
        return gated(config, get, name, hidden)
    scores = (get(f"{name}.router.weight") @ hidden).tolist()
    result, left = torch.zeros_like(hidden), list(range(len(scores)))
    for _ in range(2):
        expert = max(left, key=lambda one: scores[one])
        best = scores[expert]
        near = [
            one for one in left if not (best - scores[one]) / max(abs(scores[one]), best) > 2 * config.experts.tolerance
        ]
        share = math.exp(best) / sum(math.exp(scores[one]) for one in near)
        result = result + share * gated(config, get, f"{name}.experts.{expert}", hidden)
        left.remove(expert)
    return result


def gated(config: DecoderConfig, get: Parameters, name: str, hidden: Tensor) -> Tensor:
    """One feed-forward layer."""
    bias = config.biases.feed_forward
    pair = get(f"{name}.gate_up.weight") @ hidden + (get(f"{name}.gate_up.bias") if bias else 0)
    gate, up = pair.chunk(2)
    if config.activation == "swiglu":
        inner = up * gate * torch.sigmoid(gate)
    else:
        limit = config.gegelu_limit or math.inf
        gate, up = gate.clamp(max=limit), up.clamp(-limit, limit)
        inner = gate * torch.sigmoid(1.702 * gate) * (up + 1)
    return get(f"{name}.down.weight") @ inner + (get(f"{name}.down.bias") if bias else 0)
