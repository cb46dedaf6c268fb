"""The benchmark of structures runs from end to end, with whatever peers are installed, and writes what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def benchmarks(project: Path) -> Path:
    folder = project / "benchmarks" / "structures"
    if not folder.is_dir():
        pytest.skip("the benchmarks are not part of a distribution")
    return folder


def test_structures_are_compared(benchmarks: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(benchmarks), "--quick", "--one-thread", "--kernel", "reference", "--only", "chain"]
    files = ["--json", str(tmp_path / "figures.json"), "--results", str(tmp_path / "tables.md")]
    result = subprocess.run([*command, *files], capture_output=True, text=True, env=dict(os.environ))
    assert result.returncode == 0, result.stderr
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))["figures"]
    assert {name for name in figures if name.startswith("chain: ")} == set(figures)
    for row in (row for rows in figures.values() for row in rows):
        ours = row["figures"]["ours, core"]
        assert ours["cpu_ms"] > 0
        assert ours["error"] < 1e-6
    assert "## chain: loss + gradient" in (tmp_path / "tables.md").read_text(encoding="utf-8")


def test_numba_is_asked_for_where_it_is_missing(benchmarks: Path) -> None:
    code = (
        f"import sys, runpy; sys.modules['numba'] = None; sys.path.insert(0, {str(benchmarks)!r}); sys.argv = ['b']; "
    )
    code += f"runpy.run_path({str(benchmarks)!r}, run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    assert "syntagma[fast]" in result.stderr
