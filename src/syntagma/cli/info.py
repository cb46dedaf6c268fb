"""`syntagma info`: what there is to know of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from syntagma.cli.options import ModelArgument

if TYPE_CHECKING:
    from rich.console import RenderableType


def info(
    model: ModelArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show where a model comes from, what it labels, how big it is, and the recipe that made it."""
    import json

    from rich.console import Console

    from syntagma.cli.outputs import standard_output
    from syntagma.pipeline import load

    facts = load(model).info()
    with standard_output() as stream:
        if as_json:
            stream.write(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
        else:
            Console(file=stream).print(_table(facts))


def _table(facts: dict[str, Any]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _rows(facts):
        table.add_row(Text(name), Text(value))
    return table


def _rows(facts: dict[str, Any], path: str = "") -> list[tuple[str, str]]:
    """Nested tables as dotted names; facts that are not known are left out."""
    rows: list[tuple[str, str]] = []
    for key, value in facts.items():
        name = f"{path}{key}"
        if isinstance(value, dict):
            rows += _rows(value, f"{name}.")
        elif isinstance(value, list):
            rows += _items(name, value)
        elif value is not None:
            rows.append((name, f"{value:,}" if type(value) is int else str(value)))
    return rows


def _items(name: str, values: list[Any]) -> list[tuple[str, str]]:
    if not any(isinstance(value, dict) for value in values):
        return [(name, ", ".join(map(str, values)))] if values else []
    return [row for index, value in enumerate(values) for row in _rows({str(index): value}, f"{name}.")]
