"""The parameters of a decoder: every name and shape that a config asks for."""

from __future__ import annotations

from collections.abc import Iterator

from syntagma.language_models.config import DecoderConfig

Shape = tuple[int, ...]


def parameter_shapes(config: DecoderConfig) -> dict[str, Shape]:
    """Shape of each parameter by name, in the order in which they are read and saved."""
    return dict(_parameters(config))


def _parameters(config: DecoderConfig) -> Iterator[tuple[str, Shape]]:
    table = (config.vocab_size, config.hidden_size)
    yield "embedding.weight", table
    for layer in range(config.num_layers):
        for name, shape in _block(config):
            yield f"layers.{layer}.{name}", shape
    yield from _norm(config, "norm")
    if not config.tied:
        yield "head.weight", table
    if config.biases.head:
        yield "head.bias", (config.vocab_size,)


def _block(config: DecoderConfig) -> Iterator[tuple[str, Shape]]:
    size, qkv = config.hidden_size, config.query_size + 2 * config.key_size
    yield from _norm(config, "attention_norm")
    yield from _linear("attention.qkv", qkv, size, config.biases.qkv)
    yield from _linear("attention.output", size, config.query_size, config.biases.attention_output)
    yield from _norm(config, "feed_forward_norm")
    gate_up = 2 * config.intermediate_size
    if config.experts is None:
        yield from _linear("feed_forward.gate_up", gate_up, size, config.biases.feed_forward)
        yield from _linear("feed_forward.down", size, config.intermediate_size, config.biases.feed_forward)
    else:
        count = config.experts.count
        yield "feed_forward.router.weight", (count, size)
        yield "feed_forward.gate_up.weight", (count, gate_up, size)
        yield "feed_forward.down.weight", (count, size, config.intermediate_size)


def _norm(config: DecoderConfig, name: str) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (config.hidden_size,)
    if config.norm == "layer":
        yield f"{name}.bias", (config.hidden_size,)


def _linear(name: str, rows: int, columns: int, bias: bool) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (rows, columns)
    if bias:
        yield f"{name}.bias", (rows,)
