"""What both sides are asked to do, and how its time is taken."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import Any

import torch

VOCABULARY = 40_000
Generate = Callable[[list[list[int]], int], int]
"""Go on from prompts by so many tokens each; how many tokens came."""


def prompt(length: int, seed: int = 0) -> list[int]:
    """Ids that both models have."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(1000, VOCABULARY, (length,), generator=generator).tolist()


def measure(job: dict[str, Any], generate: Generate, read: Callable[[list[int]], Any]) -> dict[str, float]:
    """Tokens a second of each task: one sequence at a time, a long prompt, sixteen ragged prompts."""
    generate([prompt(8)], 2)
    found: dict[str, float] = {"bandwidth": bandwidth(job["device"])}
    if "decode" in job["tasks"]:
        start = prompt(job["prompt"])
        first = seconds(lambda: generate([start], 1))
        found["decode"] = (job["new"] - 1) / (seconds(lambda: generate([start], job["new"])) - first)
    if "prefill" in job["tasks"]:
        found["prefill"] = job["long_prompt"] / seconds(lambda: read(prompt(job["long_prompt"])))
    if "batch" in job["tasks"]:
        prompts = [prompt(job["prompt"] // 2 + 4 * row, seed=row) for row in range(16)]
        first = seconds(lambda: generate(prompts, 1))
        took = seconds(lambda: generate(prompts, job["batch_new"]))
        found["batch"] = 16 * (job["batch_new"] - 1) / (took - first)
    return found


def seconds(work: Callable[[], Any]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def bandwidth(device: str) -> float:
    """Bytes a second at which all threads read memory: the best of five sums over 512 MB."""
    numbers = torch.ones(128 * 2**20, device=device)
    return numbers.nbytes / min(seconds(numbers.sum) for _ in range(5))


def peak_bytes() -> int:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
