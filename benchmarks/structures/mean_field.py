"""Mean-field against exact inference over lengths: decoding and training, ours and the peers' loops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import ours
import peers
from measuring import milliseconds
from problems import ChainProblem, chain_problem
from rows import by_reference

LENGTHS = (16, 64, 256, 1024, 2048)
PEERS = ("pytorch-crf", "supar")
METHODS = {"viterbi": "decode", "loss": "loss + gradient"}


@dataclass
class LengthRow:
    """Milliseconds of every way to do one thing at one length."""

    task: str
    size: tuple[int, int, int]
    times: dict[str, float] = field(default_factory=dict)


def length_rows(*, rounds: int, seconds: float, lengths: tuple[int, ...] = LENGTHS) -> Iterator[LengthRow]:
    """CPU time on one thread, 32 sentences, 20 labels."""
    for method, task in METHODS.items():
        for words in lengths:
            problem = chain_problem(32, words, 20, 1.0)
            times = milliseconds(_sides(problem, method), rounds=rounds, seconds=seconds, threads=1)
            yield LengthRow(task, (32, words, 20), times)


def _sides(problem: ChainProblem, method: str) -> dict[str, Callable[[], Any]]:
    mean_field, exact = (getattr(side(problem), method) for side in (ours.MeanField, ours.Chain))
    sides = {
        "mean-field, fast": mean_field,
        "mean-field, core": by_reference(mean_field),
        "exact, fast": exact,
        "exact, core": by_reference(exact),
    }
    found, _ = peers.find("Chain")
    for name in PEERS:
        if name in found:
            sides[f"exact, {name}"] = getattr(found[name](problem), method)
    return sides
