"""Recipes: overrides, and errors that name the key, its table and the nearest right one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from syntagma.errors import RecipeError
from syntagma.recipes import load_recipe, parse_recipe, parse_run, recipe_schema
from syntagma.text.label_schemes import LabelScheme

Values = dict[str, Any]


def test_a_short_recipe_means_what_it_should(values: Values) -> None:
    recipe = parse_recipe(values)
    assert [source.path for source in recipe.data.train] == ["train.conll"]
    assert recipe.data.labels["ner"].scheme is LabelScheme.BIOES  # type: ignore[union-attr]
    assert recipe.structure_of("ner").kind == "linear-chain"


def test_a_recipe_may_begin_with_a_byte_order_mark(values: Values, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("\ufeff" + tomli_w.dumps(values), encoding="utf-8")
    assert load_recipe(tmp_path / "r.toml").encoder.kind == "recurrent"


@pytest.mark.parametrize("task", ["study", "character-lm"])
def test_a_recipe_of_another_task_is_told_what_runs_it(values: Values, task: str) -> None:
    verb = {"study": "study", "character-lm": "train"}[task]
    told = rf"^r\.toml: is a recipe of the task \"{task}\", where one of.*Run it with `syntagma {verb}`$"
    with pytest.raises(RecipeError, match=told):
        parse_recipe(values | {"task": task}, where="r.toml")


def test_a_wrong_name_is_named(values: Values) -> None:
    study = {"task": "study", "data": {"../x": values["data"]}, "base": {}, "stacks": {}, "sizes": [1], "seeds": [1, 2]}
    with pytest.raises(RecipeError, match=r"the key '\.\./x' in table \[data\] is wrong: a name has letters"):
        parse_run(study, where="r.toml")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v["encoder"].update(hiden=3), r"unknown key 'hiden' in table \[encoder\]; did you mean 'hidden'"),
        (
            lambda v: v["encoder"]["of"]["members"][1].update(widht=3),
            r"unknown key 'widht' in table \[encoder\.of\.members\.1\]",
        ),
        (
            lambda v: v["encoder"].update(kind="recurent"),
            r"unknown kind 'recurent' of 'encoder'; did you mean 'recurrent'",
        ),
        (lambda v: v.update(learnin={}), r"unknown key 'learnin' at the top of the recipe; did you mean 'learning'"),
        (lambda v: v["learning"].update(epoch=3), r"unknown key 'epoch' in table \[learning\]; did you mean 'epochs'"),
        (lambda v: v["learning"].update(epochs=0), r"value of 'epochs' in table \[learning\] is wrong.*greater"),
        (lambda v: v["data"].pop("dev"), r"key 'dev' is missing in table \[data\]"),
        (
            lambda v: v["data"].update(labels="nre"),
            r"'nre' is not one of ner, chunks, upos, xpos, dependencies, enhanced: give it a table",
        ),
        (lambda v: v["encoder"].pop("kind"), r"'encoder' needs a key 'kind'"),
        (
            lambda v: v.update(seed=-1),
            r"the value of 'seed' at the top of the recipe is wrong: .* greater than or equal",
        ),
        (lambda v: v.update(seed=2**64), r"the value of 'seed' at the top of the recipe is wrong: .* less than"),
        (
            lambda v: v["encoder"].update(of={"kind": "transformer", "model": "m", "name": "../../x"}),
            r"the value of 'name' in table \[encoder\.of\] is wrong",
        ),
        (
            lambda v: v["encoder"]["of"].update(members=[{"kind": "hashed"}, {"kind": "hashed"}]),
            r"two members are called 'hashed'",
        ),
        (
            lambda v: v.update(structure={"kind": "chain"}),
            r"unknown kind 'chain' of 'structure'; did you mean 'linear-chain'",
        ),
    ],
)
def test_a_mistake_is_explained(values: Values, change: Callable[[Values], object], message: str) -> None:
    change(values)
    with pytest.raises(RecipeError, match=message):
        parse_recipe(values, where="r.toml")


def test_overrides_reach_every_table_and_type(values: Values) -> None:
    recipe = parse_recipe(values, ["learning.epochs=7", "name=other", 'data.labels="upos"', "encoder.dropout=0.25"])
    assert (recipe.learning.epochs, recipe.name, list(recipe.data.labels)) == (7, "other", ["upos"])
    assert recipe.encoder.dropout == 0.25  # type: ignore[union-attr]
    for wrong, message in {
        "learning": "not of the form",
        "name.x=3": "is not a table",
        "learning.x=3": "unknown key",
    }.items():
        with pytest.raises(RecipeError, match=message):
            parse_recipe(values | {}, [wrong])


def test_files_that_are_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"gone\.toml: cannot be read: No such file"):
        load_recipe(tmp_path / "gone.toml")
    (tmp_path / "bad.toml").write_text("name = \n")
    with pytest.raises(RecipeError, match=r"bad\.toml: is not TOML: .*line 1"):
        load_recipe(tmp_path / "bad.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match=r"binary\.toml: is not TOML"):
        load_recipe(tmp_path / "binary.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(RecipeError, match="larger than 1 MB"):
        load_recipe(tmp_path / "large.toml")


def test_the_schema_knows_every_kind() -> None:
    text = str(recipe_schema())
    for kind in ("hashed", "characters", "static", "transformer", "convolution", "recurrent", "concatenation"):
        assert kind in text
