"""Scorers and structures by one word in the recipe: built with their values, saved, trained by the command, refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syntagma.cli import main
from syntagma.errors import RecipeError
from syntagma.models import LabelLayer
from syntagma.models.inference import EveryWordAlone, ExactChain, MeanField
from syntagma.recipes import load_recipe, parse_recipe, recipe_schema
from syntagma.recipes.label_layers import build_layer
from syntagma.recipes.vocabularies import Vocabularies
from syntagma.scorers import DecomposedQuadrilinear, SecondOrderScorer, SkipQuadrilinear, SkipTable

Values = dict[str, Any]
EMBEDDED = ["two-bilinear", "three-bilinear", "trilinear"]
RANKED = ["decomposed-trilinear", "decomposed-quadrilinear", "decomposed-pentalinear", "concat"]
PERSONS = Vocabularies(labels={"ner": ["PER"]})
STRUCTURES = ["linear-chain", "mean-field", "mean-field order=2"]
RECIPE = """
name = "tiny"
[data]
train = "train.conll"
dev = "train.conll"
labels = "ner"
[encoder]
kind = "hashed"
width = 8
[learning]
epochs = 1
"""


def scorer_and_structure(scorer: str, structure: str) -> list[str]:
    """The overrides of a small one of each."""
    kind, _, order = structure.partition(" ")
    overrides = [f"scorer.kind={scorer}", f"structure.kind={kind}", *([f"structure.{order}"] if order else [])]
    if scorer in (*EMBEDDED, *RANKED):
        overrides.append("scorer.label_width=3")
    return [*overrides, "scorer.rank=4"] if scorer in RANKED else overrides


def combinations() -> list[tuple[str, str]]:
    everything = [
        (scorer, structure) for scorer in ("softmax", "vanilla", *EMBEDDED, *RANKED) for structure in STRUCTURES
    ]
    return [*everything, ("softmax", "independent")]


@pytest.mark.parametrize(("scorer", "structure"), combinations())
def test_each_scorer_and_structure_trains_saves_and_annotates_by_the_command(
    folder: Path, scorer: str, structure: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "recipe.toml").write_text(RECIPE)
    overrides = [part for one in scorer_and_structure(scorer, structure) for part in ("--set", one)]
    assert main(["train", "recipe.toml", "-o", "model", *overrides]) == 0
    saved = load_recipe(folder / "model" / "recipe.toml")
    assert (saved.scorer_of("ner").kind, saved.structure_of("ner").kind) == (scorer, structure.split()[0])
    assert f"scorer `{scorer}`, structure `{structure.split()[0]}`" in (folder / "model" / "README.md").read_text()
    capsys.readouterr()
    assert main(["annotate", "Ann met Bob in New York .", "--model", "model", "--json"]) == 0
    entities = json.loads(capsys.readouterr().out)["entities"]
    assert all(0 <= entity["confidence"] <= 1 for entity in entities)
    assert main(["evaluate", "model", "train.conll", "--json"]) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scorer": {"kind": "trilineer"}}, "unknown kind 'trilineer' of 'scorer'; did you mean 'trilinear'"),
        ({"scorer": {"rank": 3}}, "'scorer' needs a key 'kind'"),
        ({"scorer": {"kind": "vanilla", "rank": 3}}, r"unknown key 'rank' in table \[scorer\]"),
        ({"scorer": {"kind": "trilinear", "rank": 3}}, r"unknown key 'rank' in table \[scorer\]"),
        (
            {"scorer": {"kind": "decomposed-trilinear", "rnak": 3}},
            r"unknown key 'rnak' in table \[scorer\]; did you mean 'rank'",
        ),
        (
            {"scorer": {"kind": "decomposed-trilinear", "rank": 0}},
            r"value of 'rank' in table \[scorer\] is wrong: .*greater than or equal to 1",
        ),
        (
            {"scorer": {"kind": "decomposed-quadrilinear", "neighbours": "both"}},
            r"value of 'neighbours' in table \[scorer\] is wrong: .*'prev', 'next' or 'mean'",
        ),
        ({"scorer": {"kind": "two-bilinear", "deviation": 0}}, r"value of 'deviation' in table \[scorer\] is wrong"),
        ({"structure": {"kind": "mean-feild"}}, "unknown kind 'mean-feild' of 'structure'; did you mean 'mean-field'"),
        ({"structure": {"kind": "mean-field", "order": 3}}, r"value of 'order' in table \[structure\] .*1 or 2"),
        ({"structure": {"kind": "mean-field", "iterations": -1}}, r"value of 'iterations' in table \[structure\]"),
        ({"structure": {"kind": "linear-chain", "iterations": 3}}, r"unknown key 'iterations' in table \[structure\]"),
        (
            {"structure": {"kind": "independent"}, "scorer": {"kind": "vanilla"}},
            "the scorer 'vanilla' suits no layer: the structure 'independent' of layer 'ner' can have 'softmax'",
        ),
    ],
)
def test_a_mistake_is_explained(values: Values, change: Values, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        parse_recipe(values | change)
    assert "''" not in str(caught.value)


def test_what_is_left_out_has_the_defaults_of_the_papers(values: Values) -> None:
    recipe = parse_recipe(values)
    assert (recipe.scorer_of("ner").kind, recipe.structure_of("ner").kind) == ("vanilla", "linear-chain")
    scorer = parse_recipe(values | {"scorer": {"kind": "decomposed-quadrilinear"}}).scorer
    assert scorer is not None
    assert scorer.model_dump() == {
        "kind": "decomposed-quadrilinear",
        "label_width": 20,
        "deviation": 0.1545,
        "rank": 396,
        "scale": False,
        "neighbours": "prev",
    }
    field = parse_recipe(values | {"structure": {"kind": "mean-field"}}).structure
    assert field is not None
    assert field.model_dump() == {"kind": "mean-field", "iterations": 3, "order": 1}
    assert parse_recipe(values | {"structure": {"kind": "independent"}}).scorer_of("ner").kind == "softmax"


def test_values_reach_the_layer(values: Values) -> None:
    scorer = {"kind": "decomposed-quadrilinear", "rank": 7, "label_width": 3, "neighbours": "mean", "scale": True}
    layer = build_layer(parse_recipe(values | {"scorer": scorer}), "ner", PERSONS, 6)
    assert isinstance(layer.scorer, DecomposedQuadrilinear)
    assert (layer.scorer.word.shape, layer.scorer.label_from.shape) == ((6, 7), (3, 7))
    assert (layer.scorer.neighbours, layer.scorer.factor) == ("mean", 7**-0.5)
    second = {"kind": "mean-field", "order": 2}
    layer = build_layer(parse_recipe(values | {"scorer": scorer, "structure": second}), "ner", PERSONS, 6)
    assert isinstance(layer.scorer, SecondOrderScorer)
    assert isinstance(layer.scorer.skip, SkipQuadrilinear)
    assert layer.scorer.skip.word.shape == (6, 7)
    layer = build_layer(parse_recipe(values | {"structure": second}), "ner", PERSONS, 6)
    assert isinstance(layer.scorer, SecondOrderScorer)
    assert isinstance(layer.scorer.skip, SkipTable)


@pytest.mark.parametrize(
    ("structure", "expected"),
    [
        ({"kind": "linear-chain"}, ExactChain()),
        ({"kind": "mean-field", "iterations": 5}, MeanField(5)),
        ({"kind": "independent"}, EveryWordAlone()),
    ],
)
def test_structures_build_their_inference(values: Values, structure: Values, expected: object) -> None:
    layer = build_layer(parse_recipe(values | {"structure": structure}), "ner", PERSONS, 6)
    assert isinstance(layer, LabelLayer)
    assert layer.inference == expected


def test_the_schema_knows_every_scorer_and_structure() -> None:
    text = json.dumps(recipe_schema())
    for kind in ("softmax", "vanilla", *EMBEDDED, *RANKED, "linear-chain", "mean-field", "independent"):
        assert f'"{kind}"' in text
