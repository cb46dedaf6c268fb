"""What both workers measure alike: processor time, peak memory, installed size. Needs nothing but what pip brings."""

from __future__ import annotations

import json
import re
import resource
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from pip._vendor.packaging.requirements import Requirement


def job() -> dict[str, Any]:
    """The job the driver has written: what to do, on which texts and words."""
    result: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    return result


def hand_in(result: dict[str, Any]) -> None:
    """Write the results, and the peak memory in MB: of this process, plus the largest child times their number."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + children * result.pop("children", 0)
    Path(sys.argv[2]).write_text(json.dumps(result), encoding="utf-8")


def cpu_seconds() -> float:
    """Processor time of this process, all its threads, and the processes it has started that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def folder_mb(folder: Path) -> float:
    """Size of a folder's files in MB (10^6 bytes), compiled caches left out."""
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return sum(path.stat().st_size for path in files) / 1e6


def dependencies_mb(requirements: list[str]) -> float:
    """Size in MB of everything that these requirements bring, themselves included, without extras not asked for."""
    found: dict[str, float] = {}
    queue = [(Requirement(line), "") for line in requirements]
    while queue:
        requirement, extra = queue.pop()
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": extra})):
            continue
        distribution = metadata.distribution(name)
        files = [Path(str(file.locate())) for file in distribution.files or [] if "__pycache__" not in file.parts]
        found[name] = sum(path.stat().st_size for path in files if path.exists()) / 1e6
        for wanted in requirement.extras or {""}:
            queue += [(Requirement(line), wanted) for line in distribution.requires or []]
    return sum(found.values())
