"""Multiple choice: which of some continuations a language model finds likeliest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from syntagma.errors import DataError
from syntagma.language_models.cache import common_beginning
from syntagma.language_models.decoder import Decoder
from syntagma.language_models.scoring.likelihood import log_probabilities, remembered


class Question(BaseModel):
    """A line of a file of questions: what is given, what may follow it, which of these is right (from 0)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    context: str
    choices: tuple[str, ...] = Field(min_length=2)
    answer: int = Field(ge=0)

    @model_validator(mode="after")
    def _answered(self) -> Question:
        if self.answer >= len(self.choices):
            raise ValueError(f"answer {self.answer} of {len(self.choices)} choices, which count from 0")
        if any(not choice for choice in self.choices):
            raise ValueError("a choice is empty")
        return self


@dataclass(frozen=True)
class Answer:
    """What a model makes of a question."""

    question: Question
    scores: tuple[float, ...]
    """Natural log-probability of each choice after the context."""

    @property
    def chosen(self) -> int:
        """The likeliest choice."""
        return max(range(len(self.scores)), key=self.scores.__getitem__)

    @property
    def chosen_by_length(self) -> int:
        """The likeliest a character, so that long choices have the same chance."""
        lengths = [len(choice) for choice in self.question.choices]
        return max(range(len(self.scores)), key=lambda place: self.scores[place] / lengths[place])


class Encodes(Protocol):
    """What turns text into ids."""

    def encode(self, text: str) -> list[int]:
        """Ids of a text."""
        ...


def read_questions(path: Path) -> Iterator[Question]:
    """Questions of a JSON lines file, each with `context`, `choices` and `answer`.

    Raises:
        DataError: a line that is no such question.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _question(line, f"{path}:{number}")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=str(path)) from error


def _question(line: str, where: str) -> Question:
    fix = 'Write {"context": "...", "choices": ["...", "..."], "answer": 0}'
    try:
        return Question.model_validate(json.loads(line))
    except json.JSONDecodeError as error:
        raise DataError(f"no JSON: {error}", where=where, fix=fix) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = f"{place}: {first['msg']}" if place else str(first["msg"])
        raise DataError(message, where=where, fix=fix) from error


def answer_each(
    decoder: Decoder, encoder: Encodes, questions: Iterable[Question], *, opening: Sequence[int] = ()
) -> Iterator[Answer]:
    """What the model finds likeliest, question by question. A context is read once for all its choices."""
    for question in questions:
        yield _answer(decoder, encoder, question, opening)


def _answer(decoder: Decoder, encoder: Encodes, question: Question, opening: Sequence[int]) -> Answer:
    """Score each choice from where the ids of context and choice together leave those of the context."""
    context = [*opening, *encoder.encode(question.context)]
    whole = [[*opening, *encoder.encode(question.context + choice)] for choice in question.choices]
    common = min(common_beginning(context, tokens) for tokens in whole)
    # The last common token predicts the first that differs, so it is read with each choice.
    after = remembered(decoder, whole[0][: common - 1]) if common > 1 else None
    scores = log_probabilities(decoder, whole, after=after)
    return Answer(question, tuple(float(found.double().sum()) for found in scores))
