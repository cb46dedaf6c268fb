"""The report of a distillation as a table on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from syntagma.learning.distillation.report import DistillationReport

COLUMNS = ("model", "", "parameters", "MB", "words a second")


def print_distillation(report: DistillationReport, console: Console) -> None:
    """Print the models side by side, then what was gained."""
    console.print(Text(f"{report.name}: distilled by '{report.objective}'", style="bold"))
    for name, value in report.facts.items():
        console.print(Text(f"{name}: {value}", style="dim"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for at, name in enumerate((*COLUMNS, *score_columns(report))):
        table.add_column(name, justify="left" if at < 2 else "right")
    for row in model_rows(report):
        table.add_row(*map(Text, row))
    console.print(table)
    for line in findings(report):
        console.print(Text(line))


def score_columns(report: DistillationReport) -> list[str]:
    """A column for each data set and layer that the model was measured on."""
    return [f"{data_set} {layer}" for data_set, layers in report.distilled.scores.items() for layer in layers]


def model_rows(report: DistillationReport) -> list[tuple[str, ...]]:
    """The cells of each model's row; empty where something is not known."""
    return [
        (
            model.name,
            model.role,
            f"{model.parameters:,}",
            f"{model.bytes / 1e6:.1f}",
            f"{model.words_per_second:,.0f}" if model.words_per_second else "",
            *(
                f"{100 * model.scores[data_set][layer]:.2f}" if layer in model.scores.get(data_set, {}) else ""
                for data_set, layers in report.distilled.scores.items()
                for layer in layers
            ),
        )
        for model in report.models
    ]


def findings(report: DistillationReport) -> Iterator[str]:
    """What was gained and what it cost, in words."""
    gains = report.gains()
    for data_set, layer, gain in gains:
        yield f"{data_set} {layer}: {gain:+.2f} points by teachers."
    if report.plain is None:
        yield "There is no model without teachers to compare with."
    if report.slowdown is not None:
        yield f"Training with teachers took {report.slowdown:.2f} times as long a word as without, their targets aside."
    yield _sizes(report)
    for layer, share in report.lost.items():
        if share > 0.0005:
            yield f"{layer}: {100 * share:.1f} % of what the teachers said is nothing that the model can say."


def _sizes(report: DistillationReport) -> str:
    largest = max(model.bytes for model in report.models if model.role == "teacher")
    ratio = largest / max(report.distilled.bytes, 1)
    if ratio < 1:
        return f"The model is {1 / ratio:.1f} times larger than the largest teacher."
    return f"The model is {ratio:.1f} times smaller than the largest teacher."
