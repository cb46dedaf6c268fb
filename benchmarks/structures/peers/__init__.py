"""Other libraries: each problem put in their terms, each operation called as their users call it.

A class has the operations that its library offers, as methods of the names in `goals.py`. Only the call is timed, not
the constructor, which puts the scores into the library's own parameters.
"""

from __future__ import annotations

import importlib
from importlib import metadata
from typing import Any

_MODULES = {
    "pytorch-crf": "pytorch_crf",
    "TorchCRF": "torchcrf_capitals",
    "allennlp": "allennlp",
    "flair": "flair",
    "supar": "supar",
    "torch-struct": "torch_struct",
}


def find(kind: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The classes called `kind` (`Chain` or `Trees`) by the library's name, and why the others are not there."""
    found, missing = {}, {}
    for distribution, module in _MODULES.items():
        try:
            peer = importlib.import_module(f"peers.{module}")
        except ImportError as error:
            missing[distribution] = f"does not import: {error}"
            continue
        if hasattr(peer, kind):
            found[distribution] = getattr(peer, kind)
    return found, missing


def versions() -> dict[str, str]:
    """Version of each library that is installed."""
    installed = {name.metadata["Name"].lower(): name.version for name in metadata.distributions()}
    return {name: installed[name.lower()] for name in _MODULES if name.lower() in installed}
