"""A pipeline shows its tagger each sentence with the words around it in the same document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from syntagma.models import Tagger
from syntagma.pipeline.pipeline import Pipeline
from syntagma.recipes import Recipe
from syntagma.text.document import Sentence
from syntagma.text.view import View, view_of


class Listener:
    """Keeps the views it would encode."""

    def __init__(self) -> None:
        self.views: list[View] = []

    def annotate(self, sentences: Sequence[Sentence]) -> None:
        """Annotate nothing."""
        self.views += map(view_of, sentences)


def test_each_sentence_is_seen_in_its_document() -> None:
    listener = Listener()
    pipeline = Pipeline(cast(Recipe, None), cast(Tagger, listener), origin="here")
    list(pipeline.pipe(["Rain fell. Ann met Bob today.", "Alone."]))
    seen = {" ".join(view.words): (list(view.before), list(view.after)) for view in listener.views}
    assert seen["Rain fell ."] == ([], ["Ann", "met", "Bob", "today", "."])
    assert seen["Ann met Bob today ."] == (["Rain", "fell", "."], [])
    assert seen["Alone ."] == ([], [])
