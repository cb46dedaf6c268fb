"""The command `syntagma`: one file per verb."""

from syntagma.cli.program import main

__all__ = ["main"]
