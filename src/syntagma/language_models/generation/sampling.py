"""How the next token is chosen: penalties, temperature, what is cut away, and the draw itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor

from syntagma.errors import SyntagmaError


@dataclass(frozen=True)
class Sampling:
    """Options of one sequence. With the defaults the likeliest token is always taken.

    Raises:
        SyntagmaError: a value outside its range.
    """

    temperature: float = 0.0
    """What logits are divided by; 0 takes the likeliest token."""
    top_k: int = 0
    """Only so many of the likeliest tokens; 0 for all."""
    top_p: float = 1.0
    """Only the likeliest tokens that together have this probability (arXiv 1904.09751)."""
    min_p: float = 0.0
    """Only tokens with at least this share of the likeliest one's probability (arXiv 2407.01082)."""
    repetition_penalty: float = 1.0
    """Logits of tokens seen before, in the prompt too, are divided by it, or multiplied below 0 (arXiv 1909.05858)."""
    frequency_penalty: float = 0.0
    """Taken from a token's logit for each time that it was generated."""
    presence_penalty: float = 0.0
    """Taken from a token's logit if it was generated at all."""
    seed: int | None = None
    """Makes the draws of a sequence repeat, whatever else is generated beside it."""

    def __post_init__(self) -> None:
        _check("temperature", self.temperature, self.temperature >= 0, "0 or more")
        _check("top_k", self.top_k, self.top_k >= 0, "0 or more")
        _check("top_p", self.top_p, 0 < self.top_p <= 1, "above 0 and at most 1")
        _check("min_p", self.min_p, 0 <= self.min_p <= 1, "between 0 and 1")
        _check("repetition_penalty", self.repetition_penalty, self.repetition_penalty > 0, "above 0")

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is taken."""
        return self.temperature == 0 or self.top_k == 1

    @property
    def penalizes(self) -> bool:
        """Whether what came before changes the logits."""
        return self.repetition_penalty != 1 or self.frequency_penalty != 0 or self.presence_penalty != 0


def _check(name: str, value: float, fits: bool, range_: str) -> None:
    if not fits:
        raise SyntagmaError(f"{name} = {value}", fix=f"Choose a value {range_}")


def penalized(logits: Tensor, sampling: Sampling, prompt: Counter[int], generated: Counter[int]) -> Tensor:
    """Logits `[vocabulary]` with the penalties of what came before, counted by token."""
    if not sampling.penalizes:
        return logits
    logits = logits.clone()
    if sampling.repetition_penalty != 1 and (seen := [*prompt.keys() | generated.keys()]):
        places = torch.tensor(seen, device=logits.device)
        old = logits[places]
        logits[places] = torch.where(old > 0, old / sampling.repetition_penalty, old * sampling.repetition_penalty)
    if generated:
        places = torch.tensor([*generated], device=logits.device)
        counts = torch.tensor([*generated.values()], dtype=logits.dtype, device=logits.device)
        logits[places] -= sampling.frequency_penalty * counts + sampling.presence_penalty
    return logits


def cut(logits: Tensor, sampling: Sampling) -> Tensor:
    """Logits `[vocabulary]` at the temperature, with -inf where top-k, top-p or min-p leave a token out.

    The likeliest token always stays. The cuts follow one another, each on what the ones before left.
    """
    logits = logits / sampling.temperature
    if 0 < sampling.top_k < logits.shape[-1]:
        least = logits.topk(sampling.top_k).values[-1]
        logits = logits.masked_fill(logits < least, -torch.inf)
    if sampling.top_p < 1:
        ordered, places = logits.sort(descending=True)
        shares = ordered.softmax(-1)
        before = shares.cumsum(-1) - shares
        logits = logits.index_fill(-1, places[before >= sampling.top_p], -torch.inf)
    if sampling.min_p > 0:
        shares = logits.softmax(-1)
        logits = logits.masked_fill(shares < sampling.min_p * shares.max(), -torch.inf)
    return logits


def draw(logits: Tensor, sampling: Sampling, generator: torch.Generator) -> int:
    """The next token, from penalized logits `[vocabulary]`."""
    if sampling.greedy:
        return int(logits.argmax())
    shares = cut(logits, sampling).softmax(-1)
    return int(torch.multinomial(shares, 1, generator=generator))
