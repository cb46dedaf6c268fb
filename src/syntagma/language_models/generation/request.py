"""What is asked of a language model, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from syntagma.errors import SyntagmaError
from syntagma.language_models.generation.sampling import Sampling

Ending = Literal["stop", "length", "window", "cancelled"]
"""A stop token or string; the most tokens asked for; the end of what the model can read; called off."""


@dataclass(frozen=True)
class Request:
    """Go on from these tokens.

    Raises:
        SyntagmaError: no tokens, or nothing to generate.
    """

    tokens: tuple[int, ...]
    sampling: Sampling = field(default_factory=Sampling)
    max_tokens: int = 256
    samples: int = 1
    """Continuations, drawn apart from one another."""
    stop_tokens: frozenset[int] = frozenset()
    vectors: Tensor | None = None
    """What is read instead of the tokens' own vectors, `[tokens, hidden]`."""
    route: int = 0
    """Which adapter is taken; 0 for none."""

    def __post_init__(self) -> None:
        if not self.tokens:
            raise SyntagmaError("an empty prompt", fix="Give at least one token to go on from")
        if self.max_tokens < 1 or self.samples < 1:
            raise SyntagmaError(f"max_tokens = {self.max_tokens}, samples = {self.samples}", fix="Both are 1 or more")
        if self.vectors is not None and len(self.vectors) != len(self.tokens):
            raise SyntagmaError(f"{len(self.vectors)} vectors for {len(self.tokens)} tokens", fix="Give one for each")


@dataclass(frozen=True)
class Step:
    """One more token of a continuation."""

    request: int
    """Number of the request, in the order in which they were submitted."""
    sample: int
    token: int
    log_probability: float
    """Natural logarithm of the token's probability under the model, before temperature, penalties and cuts."""
    ending: Ending | None = None
    """Why nothing comes after it; None while the continuation goes on."""
