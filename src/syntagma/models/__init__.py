"""Models: an encoder, a scorer and a structure, and nothing else."""

from syntagma.models.coding import SpanCoding, TagCoding
from syntagma.models.label_layer import LabelLayer
from syntagma.models.tagger import Tagger

__all__ = ["LabelLayer", "SpanCoding", "TagCoding", "Tagger"]
