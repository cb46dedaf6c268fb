"""Syntagma's side: the engine on one decoder."""

from __future__ import annotations

import torch
from measuring import hand_in, job
from tasks import measure, peak_bytes, seconds

from syntagma.language_models.assembly import assemble
from syntagma.language_models.checkpoints import open_folder
from syntagma.language_models.generation import Engine, Request


def main() -> None:
    """Load, measure, hand in."""
    work = job()
    torch.set_num_threads(work["threads"])
    before = peak_bytes()
    computing = torch.float32 if work["weights"] == "fp32" else torch.bfloat16
    checkpoint = open_folder(work["folder"])
    decoder = None

    def load() -> None:
        nonlocal decoder
        parameters = checkpoint.parameters(computing)
        decoder = assemble(checkpoint.config, parameters, weights=work["weights"], dtype=computing).to(work["device"])

    took = seconds(load)
    assert decoder is not None
    facts = {"load": took, "load_peak_bytes": peak_bytes() - before, "weight_bytes": decoder.weight_bytes}

    def generate(prompts: list[list[int]], count: int) -> int:
        engine = Engine(decoder)
        for one in prompts:
            engine.submit(Request(tuple(one), max_tokens=count))
        return sum(1 for _ in engine.run())

    hand_in(facts | measure(work, generate, lambda tokens: generate([tokens], 1)))


if __name__ == "__main__":
    main()
