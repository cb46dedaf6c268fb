"""Where and with what something was measured."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

import peers


def description() -> dict[str, str]:
    """Machine, versions, command, day."""
    installed = peers.versions() | {name: metadata.version(name) for name in ("torch", "numba", "numpy") if _has(name)}
    return {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        **installed,
        "command": " ".join(["python", *(_relative(argument) for argument in sys.argv)]),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def _has(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _relative(argument: str) -> str:
    return os.path.relpath(argument) if os.path.exists(argument) else argument


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
