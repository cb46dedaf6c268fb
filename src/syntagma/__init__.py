"""Syntagma turns text into structure: tags and entities with exact offsets and trustworthy confidences.

    import syntagma

    nlp = syntagma.load("en-small")
    doc = nlp("Ada Lovelace lived in London.")
    doc.entities[0].label, doc.entities[0].text, doc.entities[0].confidence

Importing this package is quick: torch is imported when something needs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from syntagma.errors import SyntagmaError

if TYPE_CHECKING:
    from syntagma.language_models import Conversation, Generating, LanguageModel, Message, Sampling, language_model
    from syntagma.pipeline import Pipeline, load
    from syntagma.pipeline.evaluation import evaluate
    from syntagma.recipes import Recipe, load_recipe, load_study
    from syntagma.recipes.searching import search
    from syntagma.recipes.study import StudyRecipe
    from syntagma.recipes.studying import study
    from syntagma.recipes.training import train
    from syntagma.structures import (
        ArcGraph,
        IndependentHeads,
        IndependentLabels,
        LinearChain,
        MeanFieldChain,
        NonProjectiveTree,
        ProjectiveTree,
        SecondOrderHeads,
        Segments,
        cross_entropy,
        kl,
        use_kernel,
    )
    from syntagma.text.document import Arc, Document, Sentence, Span, Token, TokenSpan
    from syntagma.text.label_schemes import LabelScheme
    from syntagma.text.segmentation import segment
    from syntagma.text.view import View

__version__ = "0.1.0"

_HOMES = {
    "Arc": "syntagma.text.document",
    "ArcGraph": "syntagma.structures",
    "Conversation": "syntagma.language_models",
    "Document": "syntagma.text.document",
    "Generating": "syntagma.language_models",
    "IndependentHeads": "syntagma.structures",
    "IndependentLabels": "syntagma.structures",
    "LabelScheme": "syntagma.text.label_schemes",
    "LanguageModel": "syntagma.language_models",
    "LinearChain": "syntagma.structures",
    "MeanFieldChain": "syntagma.structures",
    "Message": "syntagma.language_models",
    "NonProjectiveTree": "syntagma.structures",
    "Pipeline": "syntagma.pipeline",
    "ProjectiveTree": "syntagma.structures",
    "Recipe": "syntagma.recipes",
    "Sampling": "syntagma.language_models",
    "SecondOrderHeads": "syntagma.structures",
    "Segments": "syntagma.structures",
    "Sentence": "syntagma.text.document",
    "Span": "syntagma.text.document",
    "StudyRecipe": "syntagma.recipes.study",
    "Token": "syntagma.text.document",
    "TokenSpan": "syntagma.text.document",
    "View": "syntagma.text.view",
    "cross_entropy": "syntagma.structures",
    "evaluate": "syntagma.pipeline.evaluation",
    "kl": "syntagma.structures",
    "language_model": "syntagma.language_models",
    "load": "syntagma.pipeline",
    "load_recipe": "syntagma.recipes",
    "load_study": "syntagma.recipes",
    "search": "syntagma.recipes.searching",
    "segment": "syntagma.text.segmentation",
    "study": "syntagma.recipes.studying",
    "train": "syntagma.recipes.training",
    "use_kernel": "syntagma.structures",
}

__all__ = [
    "Arc",
    "ArcGraph",
    "Conversation",
    "Document",
    "Generating",
    "IndependentHeads",
    "IndependentLabels",
    "LabelScheme",
    "LanguageModel",
    "LinearChain",
    "MeanFieldChain",
    "Message",
    "NonProjectiveTree",
    "Pipeline",
    "ProjectiveTree",
    "Recipe",
    "Sampling",
    "SecondOrderHeads",
    "Segments",
    "Sentence",
    "Span",
    "StudyRecipe",
    "SyntagmaError",
    "Token",
    "TokenSpan",
    "View",
    "__version__",
    "cross_entropy",
    "evaluate",
    "kl",
    "language_model",
    "load",
    "load_recipe",
    "load_study",
    "search",
    "segment",
    "study",
    "train",
    "use_kernel",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'syntagma' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
