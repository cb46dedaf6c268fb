"""Generation: sampling, stopping, and many sequences at once."""

from syntagma.language_models.generation.continuation import Continuation, Narrator
from syntagma.language_models.generation.engine import Engine
from syntagma.language_models.generation.request import Ending, Request, Step
from syntagma.language_models.generation.sampling import Sampling
from syntagma.language_models.generation.stop_strings import StopStrings

__all__ = ["Continuation", "Ending", "Engine", "Narrator", "Request", "Sampling", "Step", "StopStrings"]
