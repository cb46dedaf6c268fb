"""What live sequences remember of their tokens: keys and values of every layer."""

from syntagma.language_models.cache.beginning import common_beginning
from syntagma.language_models.cache.choice import CacheKind, new_cache
from syntagma.language_models.cache.growing import GrowingCache
from syntagma.language_models.cache.ring import RingCache
from syntagma.language_models.cache.sequence_cache import SequenceCache

__all__ = ["CacheKind", "GrowingCache", "RingCache", "SequenceCache", "common_beginning", "new_cache"]
