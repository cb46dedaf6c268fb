"""Released models of each family: their config.json, and where their tensors go."""

from syntagma.language_models.families.by_model_type import FAMILIES, read_config, write_config
from syntagma.language_models.families.family import ModelFamily
from syntagma.language_models.families.placement import Placement, by_parameter

__all__ = ["FAMILIES", "ModelFamily", "Placement", "by_parameter", "read_config", "write_config"]
