"""The linear chain beside the loop that every CRF layer is written as: log-space, differentiated by autograd.

    python benchmarks/chain.py [--rounds 20]

One thread, CPU time, the two sides in turn, median of the rounds; float32 scores, ragged lengths. The last column is
the largest error of a gradient's element against the same loop in float64.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor

from syntagma.structures import LinearChain

SIZES = ((128, 40, 17), (128, 40, 13), (32, 64, 20), (32, 256, 20), (32, 64, 9))
DEVIATIONS = (1.0, 8.0, 20.0)


class Loop:
    """The usual layer: `logsumexp` (or `max`) over `[batch, from, to]` at each step, padded steps undone by a mask."""

    def __init__(self, emissions: Tensor, transitions: Tensor, lengths: Tensor) -> None:
        self.emissions, self.transitions = emissions.transpose(0, 1), transitions
        self.mask = (torch.arange(emissions.shape[1]).unsqueeze(1) < lengths).unsqueeze(2)

    def loss(self, labels: Tensor) -> Tensor:
        """Negative log-likelihood of `labels [batch, words]`, summed."""
        alpha, path, mask = self.emissions[0], labels.T, self.mask[..., 0]
        score = self.emissions[0].gather(1, path[:1].T)[:, 0]
        for i in range(1, len(self.emissions)):
            following = (alpha.unsqueeze(2) + self.transitions).logsumexp(1) + self.emissions[i]
            alpha = torch.where(self.mask[i], following, alpha)
            step = self.transitions[path[i - 1], path[i]] + self.emissions[i].gather(1, path[i].unsqueeze(1))[:, 0]
            score = score + step * mask[i]
        return (alpha.logsumexp(1) - score).sum()

    def viterbi(self) -> list[list[int]]:
        """The best paths, traced back row by row."""
        best, origins = self.emissions[0], []
        for i in range(1, len(self.emissions)):
            following, origin = (best.unsqueeze(2) + self.transitions).max(1)
            best = torch.where(self.mask[i], following + self.emissions[i], best)
            origins.append(origin)
        return [self._trace(row, int(best[row].argmax()), origins) for row in range(best.shape[0])]

    def _trace(self, row: int, label: int, origins: list[Tensor]) -> list[int]:
        path = [label]
        for origin in reversed(origins[: int(self.mask[:, row].sum()) - 1]):
            path.append(int(origin[row, path[-1]]))
        return path[::-1]


def compare(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median CPU milliseconds of each, measured in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds + 1):
        for side, function in zip(times, (ours, theirs), strict=True):
            begin = time.process_time()
            function()
            side.append((time.process_time() - begin) * 1e3)
    return median(times[0][1:]), median(times[1][1:])


def run(size: tuple[int, int, int], deviation: float, rounds: int) -> None:
    """Print the rows of one size and sharpness."""
    batch, words, count = size
    torch.manual_seed(0)
    emissions = (torch.randn(batch, words, count) * deviation).requires_grad_(True)
    transitions = (torch.randn(count, count) * deviation / 4).requires_grad_(True)
    lengths = torch.randint(words // 2, words + 1, (batch,))
    lengths[0] = words
    labels = torch.randint(count, (batch, words))
    leaves = (emissions, transitions)

    def loss() -> list[Tensor]:
        chain = LinearChain(emissions, transitions, lengths=lengths)
        return list(torch.autograd.grad(-chain.log_prob(labels).sum(), leaves))

    def plain_loss(dtype: torch.dtype = torch.float32) -> list[Tensor]:
        loop = Loop(emissions.to(dtype), transitions.to(dtype), lengths)
        return list(torch.autograd.grad(loop.loss(labels), leaves))

    def decode() -> Tensor:
        return LinearChain(emissions.detach(), transitions.detach(), lengths=lengths).argmax().labels

    @torch.no_grad()
    def plain_decode() -> list[list[int]]:
        return Loop(emissions, transitions, lengths).viterbi()

    exact = plain_loss(torch.float64)
    errors = [
        max(float((a - b).abs().max()) for a, b in zip(found, exact, strict=True)) for found in (loss(), plain_loss())
    ]
    assert all(row[: len(path)].tolist() == path for row, path in zip(decode(), plain_decode(), strict=True))
    for name, ours, theirs in (("loss + gradient", loss, plain_loss), ("Viterbi", decode, plain_decode)):
        mine, other = compare(ours, theirs, rounds)
        error = f"{errors[0]:.0e} / {errors[1]:.0e}" if name != "Viterbi" else "same paths"
        shape = ", ".join(map(str, size))
        print(
            f"{name:16}  {shape:14}  {deviation:4.0f}  {mine:8.2f}  {other:8.2f}  {other / mine:6.1f}  {error}",
            flush=True,
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    print("operation         batch, n, K     std   ours ms   loop ms   ratio  gradient error, ours / loop")
    for size in SIZES:
        for deviation in DEVIATIONS if size == SIZES[2] else DEVIATIONS[:1]:
            run(size, deviation, rounds)


if __name__ == "__main__":
    main()
