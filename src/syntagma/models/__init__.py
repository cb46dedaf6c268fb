"""Models: an encoder, a scorer and a structure, and nothing else."""

from syntagma.models.character_lm import CharacterLanguageModels
from syntagma.models.coding import SpanCoding, TagCoding
from syntagma.models.label_layer import LabelLayer
from syntagma.models.tagger import Tagger

__all__ = ["CharacterLanguageModels", "LabelLayer", "SpanCoding", "TagCoding", "Tagger"]
