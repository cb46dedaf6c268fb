"""What the report of a distillation says in words."""

from __future__ import annotations

import pytest

from syntagma.learning.distillation.report import Compared, DistillationReport
from syntagma.learning.distillation.terminal import findings


def model(role: str, size: int, score: float) -> Compared:
    return Compared(role, role, 10, size, {"dev": {"ner": score}}, None)  # type: ignore[arg-type]


def said(*models: Compared) -> list[str]:
    return list(findings(DistillationReport("small", "token", models, [], {})))


@pytest.mark.parametrize(("size", "words"), [(4, "2.5 times smaller"), (20, "2.0 times larger")])
def test_the_model_is_compared_with_the_largest_teacher(size: int, words: str) -> None:
    teachers = [model("teacher", 10, 0.9), model("teacher", 5, 0.9)]
    assert f"The model is {words} than the largest teacher." in said(*teachers, model("with teachers", size, 0.8))


def test_every_finding_is_a_sentence() -> None:
    lines = said(model("teacher", 9, 0.9), model("without teachers", 5, 0.7), model("with teachers", 5, 0.8))
    assert lines[0] == "dev ner: +10.00 points by teachers."
    assert all(line.endswith(".") for line in lines)
