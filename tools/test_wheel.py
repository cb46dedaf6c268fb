"""Builds the wheel and tests it with the core dependencies only, where the source tree can't be reached.

The environment is made of links to the packages already in this one: nothing is downloaded twice, and a package that
the core does not declare is not there. Arguments are handed to pytest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
NEEDED_BY_TESTS = ["hypothesis", "pytest", "pytest-timeout", "pytest-xdist"]
OUT_OF_REACH = {"src"}


def main() -> int:
    """Build, install, copy the tests away from the source, run them."""
    with tempfile.TemporaryDirectory(prefix="syntagma-wheel-") as folder:
        place = Path(folder)
        wheel = build_wheel(place / "dist")
        python = core_environment(place / "venv")
        install = [sys.executable, "-m", "pip", "--python", python, "install", "-qq", "--no-deps", wheel]
        subprocess.run(install, check=True)
        project = copy_project(place / "project")
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, tested in {project}", flush=True)
        environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        environment.setdefault("SYNTAGMA_SHARED", str(ROOT.parent / "shared"))
        return subprocess.run([python, "-m", "pytest", *sys.argv[1:]], cwd=project, env=environment).returncode


def build_wheel(folder: Path) -> Path:
    """Build the wheel with the hatchling that is installed here."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True)
    if built.returncode:
        sys.exit(f"The wheel does not build:\n{built.stdout}{built.stderr}")
    (wheel,) = folder.glob("*.whl")
    return wheel


def core_environment(folder: Path) -> Path:
    """Make a virtual environment that sees the core dependencies, what the tests run on, and nothing else."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "lib" / version / "site-packages"
    for name in sorted(closure(["syntagma", *NEEDED_BY_TESTS]) - {"syntagma"}):
        link_distribution(name, site)
    return folder / "bin" / "python"


def closure(requirements: list[str]) -> set[str]:
    """Names of the distributions that these requirements bring, without those of any extra not asked for."""
    found: set[str] = set()
    queue = [(Requirement(requirement), "") for requirement in requirements]
    while queue:
        requirement, wanted_by = queue.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": wanted_by}):
            continue
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        found.add(name)
        for extra in requirement.extras or {""}:
            queue += [(Requirement(line), extra) for line in metadata.requires(name) or []]
    return found


def link_distribution(name: str, site: Path) -> None:
    """Link the top-level files and folders that a distribution put into this environment's site-packages."""
    home = Path(sysconfig.get_path("purelib"))
    for top in {file.parts[0] for file in metadata.files(name) or []} - {"..", "__pycache__"}:
        if not (site / top).exists():
            (site / top).symlink_to(home / top)


def copy_project(folder: Path) -> Path:
    """Copy the project without `src`: what git knows, and what it would not ignore."""
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split("\0"):
        source = ROOT / name
        if name and source.is_file() and Path(name).parts[0] not in OUT_OF_REACH:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    return folder


if __name__ == "__main__":
    sys.exit(main())
