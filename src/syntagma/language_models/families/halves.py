"""Tensors that the decoder holds fused and files hold apart: queries, keys and values; norms; heads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.families.placement import Placement, rows


def linear(stored: str, parameter: str, shape: tuple[int, int], *, bias: bool) -> Iterator[Placement]:
    """A linear layer `[out, in]` that is one parameter."""
    yield Placement(f"{stored}.weight", shape, f"{parameter}.weight")
    if bias:
        yield Placement(f"{stored}.bias", shape[:1], f"{parameter}.bias")


def rows_of_linear(
    stored: str, parameter: str, shape: tuple[int, int], *, start: int, bias: bool
) -> Iterator[Placement]:
    """A linear layer `[out, in]` that is some rows of a parameter."""
    view = rows(start, shape[0])
    yield Placement(f"{stored}.weight", shape, f"{parameter}.weight", view)
    if bias:
        yield Placement(f"{stored}.bias", shape[:1], f"{parameter}.bias", view)


def norm(stored: str, parameter: str, config: DecoderConfig) -> Iterator[Placement]:
    """An RMSNorm or a LayerNorm."""
    for part in ("weight", "bias") if config.norm == "layer" else ("weight",):
        yield Placement(f"{stored}.{part}", (config.hidden_size,), f"{parameter}.{part}")


def attention(stored: str, parameter: str, config: DecoderConfig) -> Iterator[Placement]:
    """Queries, keys and values stored apart, and the output."""
    start = 0
    for name, size in (("q_proj", config.query_size), ("k_proj", config.key_size), ("v_proj", config.key_size)):
        shape = (size, config.hidden_size)
        yield from rows_of_linear(f"{stored}.{name}", f"{parameter}.qkv", shape, start=start, bias=config.biases.qkv)
        start += size
    yield from linear(
        f"{stored}.o_proj",
        f"{parameter}.output",
        (config.hidden_size, config.query_size),
        bias=config.biases.attention_output,
    )


def head(config: DecoderConfig) -> Iterator[Placement]:
    """The head: its table unless it is the embedding, its bias if there is one."""
    if not config.tied:
        yield Placement("lm_head.weight", (config.vocab_size, config.hidden_size), "head.weight")
    if config.biases.head:
        yield Placement("lm_head.bias", (config.vocab_size,), "head.bias")


FeedForward = Callable[[str, str, DecoderConfig], Iterator[Placement]]


def apart(config: DecoderConfig, feed_forward_name: str, feed_forward: FeedForward) -> Iterator[Placement]:
    """A whole decoder whose files hold queries, keys and values apart, and its feed-forward layers in some way."""
    yield Placement("model.embed_tokens.weight", (config.vocab_size, config.hidden_size), "embedding.weight")
    for layer in range(config.num_layers):
        stored, parameter = f"model.layers.{layer}", f"layers.{layer}"
        yield from norm(f"{stored}.input_layernorm", f"{parameter}.attention_norm", config)
        yield from attention(f"{stored}.self_attn", f"{parameter}.attention", config)
        yield from norm(f"{stored}.post_attention_layernorm", f"{parameter}.feed_forward_norm", config)
        yield from feed_forward(f"{stored}.{feed_forward_name}", f"{parameter}.feed_forward", config)
    yield from norm("model.norm", "norm", config)
    yield from head(config)
