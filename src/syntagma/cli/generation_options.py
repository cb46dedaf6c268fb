"""Options of the verbs that let a language model write: how the next token is chosen, and where to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from syntagma.language_models.language_model import Generating

Temperature = Annotated[
    float, typer.Option("--temperature", metavar="T", help="How freely to choose; 0 always takes the likeliest token.")
]
TopK = Annotated[int, typer.Option("--top-k", metavar="K", help="Choose among the K likeliest tokens; 0 for all.")]
TopP = Annotated[
    float, typer.Option("--top-p", metavar="P", help="Choose among the likeliest tokens that have this probability.")
]
MinP = Annotated[
    float, typer.Option("--min-p", metavar="P", help="Leave out tokens with less than this share of the likeliest's.")
]
RepetitionPenalty = Annotated[
    float, typer.Option("--repetition-penalty", metavar="X", help="Divide scores of tokens that were there by this.")
]
FrequencyPenalty = Annotated[
    float, typer.Option("--frequency-penalty", metavar="X", help="Take this from a token's score each time it comes.")
]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="Makes what is drawn repeat.")]
MaxTokens = Annotated[int, typer.Option("--max-tokens", metavar="N", min=1, help="Most tokens to write.")]
Stop = Annotated[
    list[str] | None, typer.Option("--stop", metavar="TEXT", help="Stop before this text. May be repeated.")
]


def generating(
    *,
    temperature: float,
    top_k: int,
    top_p: float,
    min_p: float,
    repetition_penalty: float,
    frequency_penalty: float,
    seed: int | None,
    max_tokens: int,
    stop: list[str] | None,
    samples: int = 1,
) -> Generating:
    """What these options come to.

    Raises:
        SyntagmaError: a value outside its range, an empty stop string.
    """
    from syntagma.language_models.generation import Sampling, StopStrings
    from syntagma.language_models.language_model import Generating

    sampling = Sampling(
        temperature,
        top_k,
        top_p,
        min_p,
        repetition_penalty=repetition_penalty,
        frequency_penalty=frequency_penalty,
        seed=seed,
    )
    return Generating(sampling, max_tokens, StopStrings(stop or ()).stops, samples)
