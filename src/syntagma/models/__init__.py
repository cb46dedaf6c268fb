"""Models: an encoder, a scorer and a structure, and nothing else."""

from syntagma.models.character_lm import CharacterLanguageModels
from syntagma.models.coding import SpanCoding, TagCoding
from syntagma.models.graph_layer import GraphLayer
from syntagma.models.label_layer import LabelLayer
from syntagma.models.layer import Layer
from syntagma.models.segment_layer import SegmentLayer
from syntagma.models.tagger import Tagger
from syntagma.models.tree_layer import TreeLayer

__all__ = [
    "CharacterLanguageModels",
    "GraphLayer",
    "LabelLayer",
    "Layer",
    "SegmentLayer",
    "SpanCoding",
    "TagCoding",
    "Tagger",
    "TreeLayer",
]
