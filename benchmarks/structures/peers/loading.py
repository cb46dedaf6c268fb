"""Peers that do not import here as a whole: only the modules that are measured are loaded, from the installed wheel.

SuPar, flair and allennlp import, at their top, tokenizers, data readers and other libraries in versions that torch
2.13 has left behind. The folders of such a package are registered empty, so that Python finds the modules in them and
their own `__init__` files do not run. The code that is timed is the peer's own, unchanged.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def open_folders(package: str, *subpackages: str) -> ModuleType:
    """Register a package and some of its subpackages without running their `__init__`.

    Raises:
        ImportError: it is not installed.
    """
    spec = importlib.util.find_spec(package) if package not in sys.modules else sys.modules[package].__spec__
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError(f"{package} is not installed")
    folder = Path(next(iter(spec.submodule_search_locations)))
    for name in (package, *(f"{package}.{subpackage}" for subpackage in subpackages)):
        module = ModuleType(name)
        module.__spec__ = spec if name == package else None
        module.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = module
    return sys.modules[package]


def stand_in(name: str, **names: object) -> None:
    """A module that a peer imports names from which the measured code never uses."""
    module = ModuleType(name)
    vars(module).update(names)
    sys.modules[name] = module
