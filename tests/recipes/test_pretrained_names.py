"""What a recipe's `model` of a transformer can mean: a folder, a package's folder, or a hub id; and what it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from syntagma.errors import RecipeError
from syntagma.recipes.building import _pretrained_name


def test_folders_count_from_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "bert").mkdir()
    assert _pretrained_name("bert", tmp_path) == str(tmp_path / "bert")
    assert _pretrained_name("./bert", tmp_path) == str(tmp_path / "bert")


@pytest.mark.parametrize("name", ["bert-base-cased", "sentence-transformers/all-MiniLM-L6-v2", "xlm-roberta-base"])
def test_other_names_are_hub_ids(name: str, tmp_path: Path) -> None:
    assert _pretrained_name(name, tmp_path) == name


@pytest.mark.parametrize("name", ["./nowhere", "../runs/e5", "/no/such/folder", "~/none", "a/b/c"])
def test_a_path_to_nothing_is_said_so(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"there is no such folder, and it is no hub id\. Paths count from"):
        _pretrained_name(name, tmp_path)


def test_a_package_that_is_not_installed_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"the Python package 'no_such_package'.*is not installed"):
        _pretrained_name("package:no_such_package/model", tmp_path)
