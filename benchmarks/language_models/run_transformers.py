"""transformers' side: `generate` on one model, greedy, its cache on, prompts padded on the left."""

from __future__ import annotations

import torch
from measuring import hand_in, job
from tasks import measure, peak_bytes, seconds
from transformers import AutoModelForCausalLM


def main() -> None:
    """Load, measure, hand in."""
    work = job()
    torch.set_num_threads(work["threads"])
    before = peak_bytes()
    dtype = torch.float32 if work["weights"] == "fp32" else torch.bfloat16
    model = None

    def load() -> None:
        nonlocal model
        model = AutoModelForCausalLM.from_pretrained(work["folder"], dtype=dtype).eval().to(work["device"])

    took = seconds(load)
    assert model is not None
    size = sum(parameter.nbytes for parameter in model.parameters())
    facts = {"load": took, "load_peak_bytes": peak_bytes() - before, "weight_bytes": size}

    @torch.inference_mode()
    def generate(prompts: list[list[int]], count: int) -> int:
        longest = max(map(len, prompts))
        ids = torch.tensor([[0] * (longest - len(one)) + one for one in prompts], device=work["device"])
        mask = torch.tensor([[0] * (longest - len(one)) + [1] * len(one) for one in prompts], device=work["device"])
        options = {"max_new_tokens": count, "min_new_tokens": count, "do_sample": False, "pad_token_id": 0}
        return model.generate(ids, attention_mask=mask, **options)[:, longest:].numel()

    hand_in(facts | measure(work, generate, lambda tokens: generate([tokens], 1)))


if __name__ == "__main__":
    main()
