"""Weight matrices in four formats, and how inputs are multiplied with each."""

from syntagma.language_models.weights.packing import pack, restore
from syntagma.language_models.weights.threads import products_alone
from syntagma.language_models.weights.weight import Format, Weight

__all__ = ["Format", "Weight", "pack", "products_alone", "restore"]
