"""One decoder for the Phi families and Llama-type models: checkpoints, tokenizers, chat, generation."""

from syntagma.language_models.chat.message import Message
from syntagma.language_models.conversation import Conversation
from syntagma.language_models.generation import Continuation, Sampling
from syntagma.language_models.language_model import Generating, LanguageModel, Prompt, ScoredText
from syntagma.language_models.opening import language_model

__all__ = [
    "Continuation",
    "Conversation",
    "Generating",
    "LanguageModel",
    "Message",
    "Prompt",
    "Sampling",
    "ScoredText",
    "language_model",
]
