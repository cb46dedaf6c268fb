"""Continuations of prompts as they are written: records, JSON lines, or text for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal, TextIO

from syntagma.cli.harmless import harmless

if TYPE_CHECKING:
    from syntagma.cli.part_file import Record
    from syntagma.cli.prompts import Prompt
    from syntagma.language_models.generation import Continuation
    from syntagma.language_models.language_model import Generating, LanguageModel

Kind = Literal["json", "text"]


def record_of(continuation: Continuation, *, before: int, log_probabilities: bool) -> dict[str, Any]:
    """A continuation as JSON writes it. `before` is the number of prompts that an earlier run has done."""
    record: dict[str, Any] = {
        "prompt": before + continuation.prompt,
        "sample": continuation.sample,
        "text": continuation.text,
        "ending": continuation.ending,
        "tokens": len(continuation.tokens),
    }
    if log_probabilities:
        record |= {"token_ids": continuation.tokens, "log_probabilities": continuation.log_probabilities}
    return record


def job_of(model: LanguageModel, how: Generating, prompts: Sequence[Prompt], **more: object) -> Record:
    """What the records of a run depend on, in few words: an interrupted one is gone on with only if it is the same."""
    contents = hashlib.sha256(repr([(prompt.value) for prompt in prompts]).encode("utf-8", "surrogatepass"))
    weights = hashlib.sha256(repr(model.decoder.config).encode())
    # The last norm stands for all weights: it differs between any two trained models, and is small.
    weights.update(model.decoder.norm.weight.detach().float().cpu().numpy().tobytes())
    return {
        "model": model.origin,
        "model_digest": weights.hexdigest()[:16],
        "weights": model.choice.partition(":")[0],
        **asdict(how.sampling),
        "max_tokens": how.max_tokens,
        "stop": how.stop,
        "samples": how.samples,
        "prompts": f"{len(prompts)}, {contents.hexdigest()[:16]}",
        **more,
    }


def writer(kind: Kind, prompts: Sequence[Prompt], stream: TextIO) -> Callable[[Record], None]:
    """A function that writes one record. At a terminal text is in two shades and cannot drive it."""
    if kind == "json":
        return lambda record: _flushed(stream, json.dumps(record, ensure_ascii=False) + "\n")
    if not stream.isatty():
        return lambda record: _flushed(stream, f"{prompts[record['prompt']].shown}{record['text']}\n\n")
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream)

    def show(record: Record) -> None:
        prompt = harmless(prompts[record["prompt"]].shown)
        console.print(Text.assemble((prompt, "dim"), harmless(record["text"]), "\n"))

    return show


def write_all(kind: Kind, prompts: Sequence[Prompt], records: Iterable[Record], stream: TextIO) -> None:
    """Write all records."""
    write = writer(kind, prompts, stream)
    for record in records:
        write(record)


def _flushed(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()
