"""What a decoder is, in numbers: one description for Phi-3, Phi-3.5, Phi-4-mini and Llama-type models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from syntagma.errors import ModelError

Family = Literal["phi3", "phi3small", "phimoe", "llama"]
Norm = Literal["rms", "layer"]
Activation = Literal["swiglu", "gegelu"]


@dataclass(frozen=True)
class LongRope:
    """Two sets of factors for the rotary wavelengths: for the length of pre-training and beyond (arXiv 2402.13753)."""

    original_positions: int
    """Sequences of at most so many tokens turn by the short factors, longer ones by the long factors."""
    short_factors: tuple[float, ...]
    long_factors: tuple[float, ...]
    short_scale: float = 1.0
    """What cosine and sine are multiplied by under the short factors."""
    long_scale: float = 1.0


@dataclass(frozen=True)
class Rotary:
    """Rotary positions of a head: its first `size` dimensions turn, in halves."""

    size: int
    theta: float = 10_000.0
    long: LongRope | None = None

    def __post_init__(self) -> None:
        _require(self.size > 0 and self.size % 2 == 0, f"{self.size} rotary dimensions", "An even number is needed")
        _require(self.theta > 0, f"rotary theta {self.theta}", "It must be above 0")
        if self.long is not None:
            for name in ("short_factors", "long_factors"):
                found = len(getattr(self.long, name))
                _require(
                    found == self.size // 2,
                    f"{found} {name.replace('_', ' ')} of LongRoPE for {self.size} rotary dimensions",
                    f"{self.size // 2} are needed",
                )


@dataclass(frozen=True)
class BlockSparsity:
    """Attention by blocks of phi-3-small: near blocks, and of the rest every `stride`-th, another one for each head."""

    block: int = 64
    near: int = 16
    """Blocks before a query's own, its own counted, that it sees whole."""
    stride: int = 8
    dense_every: int = 2
    """Every so many layers one has full attention: layer `l` (from 0) when `(l + 1) % dense_every == 0`."""

    def sparse(self, layer: int) -> bool:
        """Whether a layer, counted from 0, is sparse."""
        return (layer + 1) % self.dense_every != 0

    def head_step(self, heads: int) -> int:
        """By how many blocks the far blocks of one head differ from those of the next."""
        return max(1, self.stride // heads)


@dataclass(frozen=True)
class Experts:
    """A mixture of experts, two for each token (SparseMixer)."""

    count: int
    tolerance: float = 0.01
    """`router_jitter_noise`: experts further than twice this below the best one take no share of its weight."""

    def __post_init__(self) -> None:
        _require(self.count >= 2, f"{self.count} experts", "Two are chosen for each token, so two or more are needed")


@dataclass(frozen=True)
class Biases:
    """Which linear layers add a bias."""

    qkv: bool = False
    attention_output: bool = False
    feed_forward: bool = False
    head: bool = False


@dataclass(frozen=True)
class DecoderConfig:
    """A decoder: every number that its computation depends on. Sizes are in units (dimensions, heads, tokens).

    Raises:
        ModelError: the numbers do not fit together.
    """

    family: Family
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    """Of one expert where there are experts."""
    num_layers: int
    num_heads: int
    num_kv_heads: int
    """Each serves `num_heads / num_kv_heads` query heads in a row."""
    head_size: int
    rotary: Rotary
    max_positions: int
    norm: Norm = "rms"
    norm_epsilon: float = 1e-5
    activation: Activation = "swiglu"
    gegelu_limit: float | None = None
    attention_scale: float | None = None
    """What query-key products are multiplied by; by default `head_size ** -0.5`."""
    window: int | None = None
    """Tokens that a query sees, itself counted; by default all before it."""
    sparsity: BlockSparsity | None = None
    experts: Experts | None = None
    biases: Biases = field(default_factory=Biases)
    tied: bool = False
    """Whether the head is the embedding table."""
    embedding_multiplier: float = 1.0
    logit_divisor: float = 1.0
    dummy_tokens: tuple[int, ...] = ()
    """Ids that stand for nothing and are never predicted."""
    begin_token: int | None = None
    end_tokens: tuple[int, ...] = ()
    pad_token: int | None = None

    def __post_init__(self) -> None:
        for name in ("vocab_size", "hidden_size", "intermediate_size", "num_layers", "num_heads", "num_kv_heads"):
            _require(getattr(self, name) > 0, f"{name} is {getattr(self, name)}", "It must be above 0")
        _require(self.head_size > 0, f"head_size is {self.head_size}", "It must be above 0")
        _require(
            self.num_heads % self.num_kv_heads == 0,
            f"{self.num_heads} query heads and {self.num_kv_heads} key-value heads",
            "Each key-value head must serve as many query heads as the others",
        )
        _require(
            self.rotary.size <= self.head_size,
            f"{self.rotary.size} rotary dimensions in heads of {self.head_size}",
            "At most the whole head can turn",
        )
        _require(self.window is None or self.window > 0, f"a sliding window of {self.window}", "It must be above 0")
        _require(self.max_positions > 0, f"max_positions is {self.max_positions}", "It must be above 0")
        _require(
            not (self.experts and self.activation != "swiglu"),
            "experts with GeGELU",
            "Experts are SwiGLU",
        )
        outside = [token for token in self.dummy_tokens if not 0 <= token < self.vocab_size]
        _require(
            not outside, f"dummy tokens {outside[:5]} in a vocabulary of {self.vocab_size}", "They must be ids of it"
        )

    @property
    def query_size(self) -> int:
        """Width of all query heads together."""
        return self.num_heads * self.head_size

    @property
    def key_size(self) -> int:
        """Width of all key heads together, and of all value heads."""
        return self.num_kv_heads * self.head_size

    @property
    def scale(self) -> float:
        """What query-key products are multiplied by."""
        return self.head_size**-0.5 if self.attention_scale is None else self.attention_scale

    def turns_long(self, length: int) -> bool:
        """Whether sequences of so many tokens turn by LongRoPE's long factors."""
        return self.rotary.long is not None and length > self.rotary.long.original_positions

    @property
    def parameters(self) -> int:
        """How many numbers the model has been trained to, those of a tied table counted once."""
        attention = (self.query_size + 2 * self.key_size + self.query_size) * self.hidden_size
        attention += (
            self.biases.qkv * (self.query_size + 2 * self.key_size) + self.biases.attention_output * self.hidden_size
        )
        feed_forward = 3 * self.intermediate_size * self.hidden_size
        feed_forward += self.biases.feed_forward * (2 * self.intermediate_size + self.hidden_size)
        if self.experts is not None:
            feed_forward = self.experts.count * (feed_forward + self.hidden_size)
        norm = self.hidden_size * (2 if self.norm == "layer" else 1)
        tables = self.vocab_size * self.hidden_size * (1 if self.tied else 2) + self.biases.head * self.vocab_size
        return tables + self.num_layers * (attention + feed_forward + 2 * norm) + norm


def _require(fits: bool, found: str, fix: str) -> None:
    if not fits:
        raise ModelError(f"{found} in a decoder's configuration", fix=fix)
