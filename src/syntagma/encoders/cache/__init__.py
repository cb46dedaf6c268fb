"""Vectors of frozen encoders, computed once and kept on disk."""

from syntagma.encoders.cache.cached import Cached
from syntagma.encoders.cache.filling import DiskLimit, fill, lacking_bytes
from syntagma.encoders.cache.fingerprint import fingerprint, is_cacheable
from syntagma.encoders.cache.store import VectorStore

__all__ = ["Cached", "DiskLimit", "VectorStore", "fill", "fingerprint", "is_cacheable", "lacking_bytes"]
