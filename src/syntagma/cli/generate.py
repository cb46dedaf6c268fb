"""`syntagma generate`: continuations of a file of prompts, many at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.continuations import Kind
from syntagma.cli.exits import UsageError
from syntagma.cli.generation_options import (
    FrequencyPenalty,
    MaxTokens,
    MinP,
    RepetitionPenalty,
    Seed,
    Stop,
    Temperature,
    TopK,
    TopP,
    generating,
)
from syntagma.cli.generation_run import GenerationRun
from syntagma.cli.language_model_options import Device, LanguageModelArgument, Template, Weights, open_language_model
from syntagma.cli.options import Threads
from syntagma.cli.outputs import kind_of
from syntagma.cli.part_file import PartFile
from syntagma.cli.prompts import PromptFormat, PromptsBy, check_prompts, prompt_format, read_prompts


def generate(
    model: LanguageModelArgument,
    prompts: Annotated[
        Path, typer.Argument(metavar="FILE", help="Text, or JSON lines with prompt or messages; - for standard input.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to FILE, not to standard output.", dir_okay=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON lines, as for -o FILE.jsonl.")] = False,
    by: Annotated[PromptsBy, typer.Option("--by", help="What of a text is one prompt.")] = "line",
    format: Annotated[
        PromptFormat | None, typer.Option("--format", help="Format of the prompts; by default told from the name.")
    ] = None,
    samples: Annotated[int, typer.Option("--samples", min=1, help="Continuations of each prompt.")] = 1,
    log_probabilities: Annotated[
        bool, typer.Option("--log-probabilities", help="In JSON: the tokens' ids and log-probabilities too.")
    ] = False,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Prompts to go on from at once.")] = 16,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run; needs -o.")] = False,
    temperature: Temperature = 0.0,
    top_k: TopK = 0,
    top_p: TopP = 1.0,
    min_p: MinP = 0.0,
    repetition_penalty: RepetitionPenalty = 1.0,
    frequency_penalty: FrequencyPenalty = 0.0,
    seed: Seed = None,
    max_tokens: MaxTokens = 256,
    stop: Stop = None,
    weights: Weights = None,
    template: Template = None,
    device: Device = "cpu",
    threads: Threads = None,
) -> None:
    """Let a language model go on from prompts, or answer conversations. The order of the file is kept.

    With -o finished records are kept in FILE.part until all are there; --resume goes on after them.
    """
    kind: Kind = "json" if as_json or kind_of(output) == "json" else "text"
    part = _part_file(output, kind, resume=resume, log_probabilities=log_probabilities)
    found = read_prompts(prompts, format or prompt_format(prompts), by)
    how = generating(
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        repetition_penalty=repetition_penalty,
        frequency_penalty=frequency_penalty,
        seed=seed,
        max_tokens=max_tokens,
        stop=stop,
        samples=samples,
    )
    opened = open_language_model(model, weights=weights, device=device, template=template, threads=threads)
    check_prompts(found, opened)
    run = GenerationRun(opened, found, how, rows=rows, log_probabilities=log_probabilities)
    if part is None:
        run.to_standard_output(kind)
    else:
        run.to_file(kind, part)


def _part_file(output: Path | None, kind: Kind, *, resume: bool, log_probabilities: bool) -> PartFile | None:
    """Where records are kept, after a look at whether these options make sense together."""
    if log_probabilities and kind == "text":
        raise UsageError("--log-probabilities are written in JSON only: give --json, or -o FILE.jsonl")
    if output is None:
        if resume:
            raise UsageError("--resume goes on with a file: say which with -o")
        return None
    part = PartFile(output)
    part.check(resume=resume)
    return part
