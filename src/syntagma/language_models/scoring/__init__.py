"""How well a language model predicts text: log-probabilities, perplexity, multiple choice."""

from syntagma.language_models.scoring.likelihood import log_probabilities, remembered
from syntagma.language_models.scoring.multiple_choice import Answer, Question, answer_each, read_questions
from syntagma.language_models.scoring.perplexity import Perplexity, perplexity

__all__ = [
    "Answer",
    "Perplexity",
    "Question",
    "answer_each",
    "log_probabilities",
    "perplexity",
    "read_questions",
    "remembered",
]
