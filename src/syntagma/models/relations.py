"""The labels of arcs: a layer's relations by number, and the error for one that it does not have."""

from __future__ import annotations

from collections.abc import Sequence

from syntagma.errors import LabelError
from syntagma.text.document import Arc, Sentence


class Relations:
    """Numbers the relations of a layer."""

    def __init__(self, layer: str, names: Sequence[str]) -> None:
        self.layer = layer
        self.names = list(names)
        self._ids = {name: index for index, name in enumerate(self.names)}

    def id_of(self, arc: Arc, sentence: Sentence) -> int:
        """The number of the arc's relation. Raises LabelError if it is none of the layer's."""
        found = self._ids.get(arc.relation)
        if found is None:
            raise LabelError(
                f"the relation {arc.relation!r} of layer '{self.layer}' is not one of the model's "
                f"({', '.join(self.names)})",
                where=sentence.where,
                fix="Train with data that has it, or leave these sentences out",
            )
        return found
