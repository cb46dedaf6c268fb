"""The manifest of a saved model: the size and digest of every file, which give a changed file away."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from syntagma.errors import ModelError

FORMAT = 1
MANIFEST = "manifest.json"
MAXIMUM_JSON_BYTES = 100_000_000
MAXIMUM_FILES = 100


def write_manifest(folder: Path) -> None:
    """List the files that are in the folder."""
    (folder / MANIFEST).write_text(json.dumps(_manifest(folder), indent=1))


def _manifest(folder: Path) -> dict[str, Any]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        "format": FORMAT,
        "files": {
            path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _digest(path)}
            for path in files
        },
    }


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def verify(folder: Path, needed: Sequence[str]) -> None:
    """Every file of the manifest and every one that is needed is there, inside the folder, and as it was written.

    Raises:
        ModelError: the first file that is not.
    """
    if not folder.is_dir():
        raise ModelError(
            "there is no such model folder", where=str(folder), fix="Give a folder written by `syntagma train`"
        )
    files = _listed(folder)
    for name in (*needed, *files):
        path = folder / name
        if name not in files or not path.is_file():
            raise broken(folder, f"the file {name} is missing")
        if not path.resolve().is_relative_to(folder.resolve()):
            raise broken(folder, f"the file {name} lies outside the folder")
        if path.stat().st_size != files[name]["bytes"] or _digest(path) != files[name]["sha256"]:
            raise broken(folder, f"the file {name} is not the one that was saved")
        if path.suffix == ".json" and path.stat().st_size > MAXIMUM_JSON_BYTES:
            raise broken(folder, f"the file {name} is larger than {MAXIMUM_JSON_BYTES:,} bytes")


def _listed(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes() if path.stat().st_size < 1_000_000 else b"")
        version, files = manifest["format"], manifest["files"]
        complete = all(isinstance(entry["bytes"], int) and isinstance(entry["sha256"], str) for entry in files.values())
    except FileNotFoundError:
        raise broken(folder, f"the file {MANIFEST} is missing") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise broken(folder, f"the file {MANIFEST} is not a manifest") from None
    if version != FORMAT:
        raise ModelError(
            f"the model has format {version}, this version reads format {FORMAT}",
            where=str(folder),
            fix="Install the version of syntagma that made it, or train it again from its recipe",
        )
    if not complete or len(files) > MAXIMUM_FILES:
        raise broken(folder, f"the file {MANIFEST} is not a manifest")
    return dict(files)


def broken(folder: Path, found: str) -> ModelError:
    """The error of a folder that is not a whole model."""
    return ModelError(found, where=str(folder), fix="Get the model again, or train it again from its recipe")
