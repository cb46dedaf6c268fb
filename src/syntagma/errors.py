"""One small family of errors; each message says what was found, where, and what to do."""

from __future__ import annotations


class SyntagmaError(Exception):
    """What went wrong, told in the user's words.

    The command line prints the message without a traceback and exits with 2.
    """

    def __init__(self, found: str, *, where: str | None = None, fix: str | None = None) -> None:
        self.found = found
        self.where = where
        self.fix = fix
        place = f"{where}: " if where else ""
        advice = f". {fix}" if fix else ""
        super().__init__(f"{place}{found}{advice}")


class DataError(SyntagmaError):
    """A file of text or annotations that cannot be read as what it should be."""


class LabelError(SyntagmaError):
    """A label, or a sequence of labels, that its scheme or model does not know."""


class StructureError(SyntagmaError, ValueError):
    """Scores that define no distribution: no valid output, a NaN, shapes that disagree."""


class RecipeError(SyntagmaError):
    """A recipe with a wrong key, a wrong value, or parts that do not fit together."""


class ModelError(SyntagmaError):
    """A saved model that is missing, incomplete, changed, or of another version."""


class OutputError(SyntagmaError):
    """A result that could not be written: a full disk, a folder without permission."""


class MissingExtraError(SyntagmaError, ImportError):
    """An optional dependency that is not installed; the message names the extra."""

    def __init__(self, extra: str, needed_for: str) -> None:
        super().__init__(
            f"{needed_for} needs the extra '{extra}', which is not installed",
            fix=f"Install it with: pip install 'syntagma[{extra}]'",
        )


class TrainingError(SyntagmaError):
    """A training run that cannot go on: the loss is not a number, or nothing is left to learn from."""
