"""What `syntagma score` can measure, and how it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from syntagma.language_models.language_model import LanguageModel

Result = dict[str, Any]


class Scorer(Protocol):
    """Measures a model, and shows figures in columns; the last one compares with the first of several formats."""

    columns: ClassVar[tuple[str, ...]]

    def score(self, model: LanguageModel) -> Result:
        """The figures."""
        ...

    def cells(self, found: Result, first: Result) -> list[str]:
        """A row of the table, after the weights' name."""
        ...

    def note(self, found: Result) -> str:
        """What was measured on."""
        ...
