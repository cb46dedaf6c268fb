"""The card of a saved model: what it does, what it was trained on, how well it does it, under which licences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syntagma.learning.evaluation import headline
from syntagma.learning.report import Report
from syntagma.recipes.character_lm import Texts
from syntagma.recipes.data import Data, Source
from syntagma.recipes.layers import Graph, Layer, Spans, Tree
from syntagma.recipes.recipe import Recipe

MEASURES = {"tags": "accuracy", "spans": "span F1 (micro)", "tree": "LAS", "graph": "labelled F1"}


def model_card(recipe: Recipe, report: Report, *, made: str | None = None, unlabelled: Sequence[Source] = ()) -> str:
    """Markdown, with the scores measured at the end of the run.

    `made` says how, if not by training from the recipe; of `unlabelled` data teachers alone said anything.
    """
    how = made or f"`syntagma train` with the `recipe.toml` in this folder, seed {recipe.seed}."
    parts = (_head(recipe), _scores(report), data_table(recipe.data, unlabelled), _making(how, report), _notes(recipe))
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(recipe: Recipe) -> Iterator[str]:
    yield f"# {recipe.name}"
    yield ""
    yield recipe.description or "A tagger trained with Syntagma."
    yield ""
    yield f"- Language: {recipe.language or 'not stated'}"
    yield f"- Licence: {recipe.licence or 'not stated'}"
    for name, layer in recipe.data.labels.items():
        parts = f"scorer `{recipe.scorer_of(name).kind}`, structure `{recipe.structure_of(name).kind}`"
        yield f"- Layer `{name}`: {_what(layer)}; {parts}"
    yield f"- Encoder `{recipe.encoder.kind}`"


def _what(layer: Layer) -> str:
    match layer:
        case Spans():
            return "labelled spans"
        case Tree():
            return "dependency trees"
        case Graph():
            return "graphs of arcs"
        case _:
            return "one label a word"


def _scores(report: Report) -> Iterator[str]:
    yield from ("", "## Scores", "", "Measured on gold words by the run that made this model.", "")
    yield "| data | sentences | words | layer | measure | score | calibration error |"
    yield "|---|---|---|---|---|---|---|"
    for data_set in report.data_sets:
        for layer in data_set.layers:
            measure = MEASURES[layer.kind]
            error = f"{layer.calibration.ece:.3f}" if layer.calibration else ""
            yield (
                f"| {data_set.name} | {data_set.sentences:,} | {data_set.tokens:,} | {layer.layer} | {measure} "
                f"| {100 * headline(layer):.2f} | {error} |"
            )
    yield ""
    yield "Per type, confusion, calibration and training curves: `report.html` and `report.json` in this folder."


def data_table(data: Data | Texts, unlabelled: Sequence[Source] = ()) -> Iterator[str]:
    """The lines of a card's section on what a model learned from, was chosen by and is measured on."""
    yield from ("", "## Data", "", "| used for | data | licence |", "|---|---|---|")
    sets = {
        "training": data.train,
        "training, its words alone": unlabelled,
        "choosing the epoch": data.dev,
        "reporting": data.test,
    }
    for use, sources in sets.items():
        for source in sources:
            yield f"| {use} | {_called(source)} | {source.licence or 'not stated'} |"


def _making(how: str, report: Report) -> Iterator[str]:
    yield from ("", "## How it was made", "")
    yield how
    facts = ", ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}" for name, value in report.facts.items()
    )
    yield f"Of that run: {facts}."


def _notes(recipe: Recipe) -> Iterator[str]:
    if recipe.notes:
        yield from ("", "## Notes", "", recipe.notes.strip())


def _called(source: Source) -> str:
    file = f"`{source.path}`"
    repeated = f", {source.repeat} times" if source.repeat > 1 else ""
    return f"{source.name} ({file}{repeated})" if source.name else file + repeated
