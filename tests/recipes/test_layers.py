"""Recipes with layers of trees, graphs and segments: through the command, and what is said of parts that do not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syntagma.cli import main
from syntagma.errors import RecipeError
from syntagma.recipes import load_recipe, parse_recipe, recipe_schema
from syntagma.recipes.saved_model import load_model

Values = dict[str, Any]
ROWS = (
    ("Ann", "PROPN", 2, "nsubj", "2:nsubj|4:nsubj", "SpanNer"),
    ("met", "VERB", 0, "root", "0:root", ""),
    ("Bob", "PROPN", 2, "obj", "2:obj", ""),
    ("gladly", "ADV", 2, "advmod", "2:advmod", ""),
)
SENTENCE = "# text = Ann met Bob gladly\n" + "".join(
    f"{number}\t{word}\t_\t{upos}\t_\t_\t{head}\t{relation}\t{deps}\t_\n"
    for number, (word, upos, head, relation, deps, _) in enumerate(ROWS, start=1)
)
RECIPE = """
name = "tiny"
[data]
train = "train.conllu"
dev = "train.conllu"
labels = ["upos", "dependencies", "enhanced"]
[encoder]
kind = "hashed"
width = 8
[scorer]
kind = "biaffine"
arc_hidden = 8
relation_hidden = 6
second_order_hidden = 4
[learning]
epochs = 12
learning_rate = 0.05
calibrate = true
"""
CANDIDATES = """
kind = "recurrent"
hidden = 6
of = { kind = "concatenation", members = [{ kind = "hashed", width = 6 }, { kind = "one-hot", width = 6 }] }
"""
STRUCTURES = ["projective-tree", "nonprojective-tree", "heads", "second-order-heads"]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "train.conllu").write_text((SENTENCE + "\n") * 6, encoding="utf-8")
    (tmp_path / "recipe.toml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def changed(values: list[str]) -> list[str]:
    """The command's options that change these values of the recipe."""
    return [word for value in values for word in ("--set", value)]


@pytest.mark.parametrize("structure", [*STRUCTURES, "relative heads"])
def test_each_parser_trains_saves_annotates_and_evaluates_by_the_command(
    work: Path, structure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    overrides = [f"structure.kind={structure}"]
    if structure == "relative heads":
        overrides = ["structure.kind=heads", 'data.labels=["upos", "dependencies"]', 'scorer={kind="relative-heads"}']
    assert main(["train", "recipe.toml", "--output", "model", *changed(overrides)]) == 0
    card = (work / "model" / "README.md").read_text()
    assert "Layer `dependencies`: dependency trees; scorer" in card
    assert "| dev | 6 | 24 | dependencies | LAS | 100.00 |" in card
    capsys.readouterr()
    assert main(["annotate", "Ann met Bob gladly", "--model", "model", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [token["head"] for token in record["tokens"]] == [1, None, 1, 1]
    assert [token["deprel"] for token in record["tokens"]] == ["nsubj", "root", "obj", "advmod"]
    assert main(["evaluate", "model", "train.conllu", "--json"]) == 0
    layers = {layer["layer"]: layer for layer in json.loads(capsys.readouterr().out)["data_sets"][0]["layers"]}
    assert layers["upos"]["scores"]["accuracy"] == 1.0
    assert layers["dependencies"]["scores"]["las"] == 1.0


def test_a_saved_parser_says_the_same_again(work: Path) -> None:
    assert main(["train", "recipe.toml", "--output", "model"]) == 0
    recipe, tagger, vocabularies = load_model(work / "model")
    assert recipe.structure_of("dependencies").kind == "nonprojective-tree"
    assert recipe.structure_of("upos").kind == "linear-chain"
    assert recipe.scorer_of("enhanced").kind == "biaffine"
    assert vocabularies.labels["dependencies"] == ["advmod", "nsubj", "obj", "root"]
    assert tagger.layers["dependencies"].labels == vocabularies.labels["dependencies"]


def test_the_encoders_of_a_parser_can_be_searched(work: Path) -> None:
    recipe = RECIPE.replace('kind = "hashed"\nwidth = 8', f"{CANDIDATES}")
    (work / "recipe.toml").write_text(recipe + "[search]\nepisodes = 3\nepochs = 1\nfirst_epochs = 1\n")
    assert main(["search", "recipe.toml", "--output", "found"]) == 0
    found = json.loads((work / "found" / "search.json").read_text())
    assert len(found["episodes"]) == 3
    assert set(load_model(work / "found")[1].layers) == {"upos", "dependencies", "enhanced"}


def test_layers_have_parts_of_their_own(work: Path) -> None:
    values = load_recipe(work / "recipe.toml").model_dump(mode="json", exclude_none=True)
    values["data"]["labels"] = {
        "dependencies": {"kind": "tree", "structure": {"kind": "projective-tree"}},
        "upos": {"kind": "tags", "scorer": {"kind": "softmax"}, "weight": 0.5},
        "ner": {"kind": "spans", "structure": {"kind": "segments"}},
    }
    recipe = parse_recipe(values)
    chosen = {name: (recipe.scorer_of(name).kind, recipe.structure_of(name).kind) for name in recipe.data.labels}
    assert chosen == {
        "dependencies": ("biaffine", "projective-tree"),
        "upos": ("softmax", "linear-chain"),
        "ner": ("biaffine-spans", "segments"),
    }


def test_trees_are_read_from_columns_too(work: Path) -> None:
    rows = "".join(f"{word}\t{head}\t{relation}\n" for word, _, head, relation, *_ in ROWS)
    (work / "train.conll").write_text((rows + "\n") * 6)
    source = '[{path = "train.conll", columns = ["word", "head", "deprel"]}]'
    data = [f"data.train={source}", f"data.dev={source}", "data.labels=dependencies", "learning.epochs=1"]
    assert main(["train", "recipe.toml", "--output", "model", *changed(data)]) == 0
    assert load_model(work / "model")[2].labels["dependencies"] == ["advmod", "nsubj", "obj", "root"]


def test_columns_of_trees_must_be_named(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "train.conll").write_text("Ann 0 root\n\n")
    data = ["data.train=train.conll", "data.dev=train.conll", "data.labels=dependencies"]
    assert main(["train", "recipe.toml", *changed(data)]) == 2
    assert "it is not said which columns of 'train.conll' hold the trees" in capsys.readouterr().err


def test_what_a_projective_parser_leaves_out_is_in_its_report(work: Path) -> None:
    crossing = SENTENCE.replace("1\tAnn\t_\tPROPN\t_\t_\t2", "1\tAnn\t_\tPROPN\t_\t_\t3").replace(
        "2\tmet\t_\tVERB\t_\t_\t0\troot", "2\tmet\t_\tVERB\t_\t_\t4\tobj"
    )
    crossing = crossing.replace("3\tBob\t_\tPROPN\t_\t_\t2\tobj", "3\tBob\t_\tPROPN\t_\t_\t0\troot").replace(
        "4\tgladly\t_\tADV\t_\t_\t2", "4\tgladly\t_\tADV\t_\t_\t3"
    )
    (work / "train.conllu").write_text((SENTENCE + "\n") * 3 + crossing + "\n", encoding="utf-8")
    options = ["data.labels=dependencies", "structure.kind=projective-tree", "learning.epochs=1"]
    assert main(["train", "recipe.toml", "--output", "model", *changed(options)]) == 0
    facts = json.loads((work / "model" / "report.json").read_text())["facts"]
    assert facts["sentences left out of dependencies, whose arcs cross or make no tree"] == 1


@pytest.mark.parametrize(
    ("heads", "structure", "fault"),
    [
        ((2, 1, 0, 3), "nonprojective-tree", "a circle: 1 → 2 → 1"),
        ((0, 1, 0, 3), "projective-tree", "2 roots: the words 1 and 3"),
        ((3, 4, 0, 3), "projective-tree", "arcs that cross"),
    ],
)
def test_a_treebank_without_any_tree_for_the_structure_is_refused(
    heads: tuple[int, ...], structure: str, fault: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = (f"{at}\tw\t_\t_\t_\t_\t{head}\tx\t_\t_\n" for at, head in enumerate(heads, start=1))
    (work / "train.conllu").write_text("".join(rows) + "\n", encoding="utf-8")
    options = ["data.labels=dependencies", f"structure.kind={structure}", "learning.epochs=1"]
    assert main(["train", "recipe.toml", "--output", "model", *changed(options)]) == 2
    told = capsys.readouterr().err
    assert "train.conllu:1: the structure of layer 'dependencies' can have none of the training data's trees" in told
    assert f"this one has {fault}. Mend the data, or choose another structure" in told
    assert not (work / "model.run").exists()
    assert main(["train", "recipe.toml", "--output", "model", *changed([*options, "structure.kind=heads"])]) == 0


def test_spans_can_be_segments(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "Ann B-PER\nmet O\nNew B-LOC\nYork I-LOC\n\n"
    (work / "train.conll").write_text(rows * 6)
    data = ["data.train=train.conll", "data.dev=train.conll", "data.labels=ner"]
    parts = ["structure.kind=segments", 'scorer={kind="biaffine-spans", hidden=8}', "learning.epochs=25"]
    assert main(["train", "recipe.toml", "--output", "model", *changed(data + parts)]) == 0
    capsys.readouterr()
    assert main(["annotate", "Ann met New York", "--model", "model", "--json"]) == 0
    entities = json.loads(capsys.readouterr().out)["entities"]
    assert [(entity["text"], entity["label"]) for entity in entities] == [("Ann", "PER"), ("New York", "LOC")]
    assert all(0 < entity["confidence"] <= 1 for entity in entities)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"structure": {"kind": "segments"}},
            "the structure 'segments' suits no layer: the layer 'upos' can have 'linear-chain' or 'mean-field'",
        ),
        (
            {"scorer": {"kind": "relative-heads"}, "structure": {"kind": "second-order-heads"}},
            "the scorer 'relative-heads' suits no layer: .*'second-order-heads' of layer 'dependencies' can have",
        ),
        (
            {"data": {"labels": {"upos": {"kind": "tags", "structure": {"kind": "heads"}}}}},
            "'heads' does not suit the layer 'upos' of kind 'tags', which can have 'linear-chain'",
        ),
        (
            {"data": {"labels": {"t": {"kind": "tree", "scorer": {"kind": "vanilla"}}}}},
            "'vanilla' does not suit the structure 'nonprojective-tree' of layer 't', which can have 'biaffine' or",
        ),
        (
            {"data": {"labels": {"t": {"kind": "trees"}}}},
            "unknown kind 'trees' of 'data.labels.t'; did you mean 'tree'",
        ),
    ],
)
def test_a_mistake_is_explained(work: Path, change: Values, message: str) -> None:
    values = load_recipe(work / "recipe.toml").model_dump(mode="json", exclude_none=True)
    values["data"] |= change.pop("data", {})
    with pytest.raises(RecipeError, match=message) as caught:
        parse_recipe(values | change)
    assert "''" not in str(caught.value)


def test_the_schema_knows_every_structure() -> None:
    text = json.dumps(recipe_schema())
    for kind in (*STRUCTURES, "arc-graph", "segments", "biaffine", "relative-heads", "biaffine-spans", "tree", "graph"):
        assert f'"{kind}"' in text
