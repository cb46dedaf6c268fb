"""The families by what their config.json files say in `model_type`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syntagma.errors import ModelError
from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.families.config_json import ConfigJson
from syntagma.language_models.families.family import ModelFamily
from syntagma.language_models.families.llama import LLAMA
from syntagma.language_models.families.phi3 import PHI3
from syntagma.language_models.families.phi3small import PHI3SMALL
from syntagma.language_models.families.phimoe import PHIMOE

FAMILIES: dict[str, ModelFamily] = {"phi3": PHI3, "phi3small": PHI3SMALL, "phimoe": PHIMOE, "llama": LLAMA}
"""By `DecoderConfig.family`."""
_BY_MODEL_TYPE = {kind: family for family in FAMILIES.values() for kind in family.model_types}


def read_config(values: Mapping[str, Any], *, where: str = "config.json") -> DecoderConfig:
    """The decoder that a released config.json describes; `where` is the file's name, for messages.

    Raises:
        ModelError: a family that is not known, a key that is missing, or a value that the family does not have.
    """
    config = ConfigJson(values, where)
    kind = config.word("model_type")
    if kind not in _BY_MODEL_TYPE:
        known = ", ".join(_BY_MODEL_TYPE)
        raise ModelError(f"the model type {kind!r} is not known", where=where, fix=f"Known are {known}")
    try:
        return _BY_MODEL_TYPE[kind].read(config)
    except ModelError as error:
        if error.where is not None:
            raise
        raise ModelError(error.found, where=where, fix=error.fix) from error


def write_config(config: DecoderConfig) -> dict[str, Any]:
    """The config.json of a decoder, in the spelling of its family's released files."""
    return FAMILIES[config.family].write(config)
