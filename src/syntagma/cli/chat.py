"""`syntagma chat`: a conversation with a language model, at a terminal or by lines of standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from syntagma.cli.chat_lines import chat_by_lines
from syntagma.cli.chat_opening import check_opening, print_header
from syntagma.cli.chat_terminal import TerminalChat
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
from syntagma.cli.language_model_options import (
    Device,
    LanguageModelArgument,
    Template,
    Weights,
    open_language_model,
)
from syntagma.cli.options import Threads
from syntagma.cli.outputs import standard_output
from syntagma.cli.tools import read_tools, with_place_for_tools


def chat(
    model: LanguageModelArgument = "smollm2",
    system: Annotated[
        str | None, typer.Option("--system", metavar="TEXT", help="What the system tells the model first.")
    ] = None,
    tools: Annotated[
        Path | None,
        typer.Option("--tools", metavar="FILE", help="Tools that it may call: a list of JSON schemas.", dir_okay=False),
    ] = None,
    temperature: Temperature = 0.0,
    top_k: TopK = 0,
    top_p: TopP = 1.0,
    min_p: MinP = 0.0,
    repetition_penalty: RepetitionPenalty = 1.0,
    frequency_penalty: FrequencyPenalty = 0.0,
    seed: Seed = None,
    max_tokens: MaxTokens = 512,
    stop: Stop = None,
    weights: Weights = None,
    template: Template = None,
    device: Device = "cpu",
    threads: Threads = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write each answer as a line of JSON.")] = False,
) -> None:
    """Talk with a language model: at once, offline, to a small one, or to one of yours.

    At a terminal Ctrl-C stops an answer, Ctrl-D ends. Where standard input is a file or a pipe, every line of it is a
    turn, and the answers are written in order; a line {"tool": NAME, "result": ...} is what a called tool returned.
    """
    known = () if tools is None else read_tools(tools)
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
    )
    opened = open_language_model(model, weights=weights, device=device, template=template, threads=threads)

    from rich.console import Console

    from syntagma.language_models.conversation import Conversation

    conversation = Conversation(with_place_for_tools(opened) if known else opened, system, tools=known, how=how)
    check_opening(conversation, system)
    print_header(opened, Console(stderr=True))
    with standard_output() as stream:
        if sys.stdin.isatty() and stream.isatty() and not as_json:
            TerminalChat(conversation, Console(file=stream)).run()
        else:
            chat_by_lines(conversation, sys.stdin.buffer, stream, as_json=as_json)
