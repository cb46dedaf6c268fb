"""What other libraries get wrong, shown: every answer is measured here and now.

build/peers-venv/bin/python benchmarks/structures/wrong.py
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import errors
import machine
import ours
import peers
from exact import ExactChain
from problems import chain_problem, tree_problem
from rich.console import Console
from rich.table import Table
from rows import FAILURES
from torch import Tensor


@dataclass(frozen=True)
class Question:
    """What is asked of every library that offers the method."""

    text: str
    kind: Literal["Chain", "Trees"]
    method: str
    right: str
    answer: Callable[[Any], str]
    """Of the library's class."""


def questions() -> Iterator[Question]:
    """All of them."""
    yield _forbidden_label()
    yield _forbidden_transition()
    for scale in (1.0, 8.0, 15.0, 20.0, 30.0, 100.0):
        yield _matrix_tree(scale)
    yield _one_word()
    yield _fewer_than_k()
    for words in (64, 1024):
        yield _long(words)


def _forbidden_label() -> Question:
    problem = chain_problem(2, 5, 3, 1.0)
    emissions = problem.emissions.clone()
    emissions[0, 2, (int(problem.labels[0, 2]) + 1) % 3] = float("-inf")
    problem = replace(problem, emissions=emissions)
    return Question(
        "gradient of the loss, a label forbidden at a word by -inf",
        "Chain",
        "loss",
        _nan(ExactChain(problem).loss_gradient[0]),
        lambda library: _nan(library(problem).loss()[0]),
    )


def _forbidden_transition() -> Question:
    problem = chain_problem(2, 5, 5, 1.0, bio=True)
    return Question(
        "gradient of the loss, BIO by transitions of -inf",
        "Chain",
        "loss",
        _nan(ExactChain(problem).loss_gradient[0]),
        lambda library: _nan(library(problem).loss()[0]),
    )


def _matrix_tree(scale: float) -> Question:
    problem = tree_problem(2, 16, scale)
    truth = errors.exact("matrix_tree", problem)

    def answer(library: Any) -> str:
        side = library(problem)
        return f"error {errors.error('matrix_tree', truth, side, side.matrix_tree()):.0e}"

    text = f"matrix-tree: log Z and marginals of 16 words, score scale {scale:g}"
    return Question(text, "Trees", "matrix_tree", "error below 1e-06", answer)


def _one_word() -> Question:
    problem = chain_problem(1, 1, 3, 1.0)
    return Question(
        "marginals of a sentence of one word",
        "Chain",
        "marginals",
        _numbers(ExactChain(problem).marginals),
        lambda library: _numbers(library(problem).marginals()),
    )


def _fewer_than_k() -> Question:
    problem = chain_problem(1, 2, 2, 1.0)

    def answer(library: Any) -> str:
        side = library(problem)
        found = side.topk(6)
        (row,) = side.k_paths(found) if hasattr(side, "k_paths") else found
        return f"{len(row)} paths, {len({tuple(path) for path in row})} of them different"

    return Question("the 6 best of 4 paths", "Chain", "topk", "4 paths, 4 of them different", answer)


def _long(words: int) -> Question:
    problem = chain_problem(1, words, 20, 8.0)
    truth = ExactChain(problem)

    def answer(library: Any) -> str:
        side = library(problem)
        return f"error {errors.error('loss', truth, side, side.loss()):.0e}"

    text = f"gradient of the loss, {words:,} words, float32, scores' standard deviation 8"
    return Question(text, "Chain", "loss", "error below 1e-06", answer)


def _nan(gradient: Tensor) -> str:
    return f"{int(gradient.isnan().sum())} of {gradient.numel()} NaN"


def _numbers(values: Tensor) -> str:
    return " ".join(f"{value:.3f}" for value in values.flatten().tolist())


def _answers(question: Question) -> Iterator[tuple[str, str]]:
    for name, library in {**peers.find(question.kind)[0], "syntagma": getattr(ours, question.kind)}.items():
        if hasattr(library, question.method):
            try:
                yield name, question.answer(library)
            except FAILURES as error:
                yield name, f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def main() -> None:
    """Print the table."""
    warnings.filterwarnings("ignore", module="torch_struct")
    console = Console()
    for name, value in machine.description().items():
        console.print(f"{name}: {value}")
    table = Table("asked", "right", "library", "its answer", title="What other libraries get wrong")
    for question in questions():
        asked, right = question.text, question.right
        for name, answer in _answers(question):
            table.add_row(asked, right, name, answer if answer != question.right else "[dim]right")
            asked = right = ""
        table.add_section()
    console.print(table)


if __name__ == "__main__":
    main()
