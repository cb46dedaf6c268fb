"""What one structure's parts and outputs say in the terms of another: kinds, names of labels, support, temperature."""

from syntagma.structures.conversions.kinds import convert
from syntagma.structures.conversions.label_names import Alignment, align, alignment
from syntagma.structures.conversions.local_temperature import temper
from syntagma.structures.conversions.outputs import convert_outputs
from syntagma.structures.conversions.support import Restricted, restrict

__all__ = ["Alignment", "Restricted", "align", "alignment", "convert", "convert_outputs", "restrict", "temper"]
