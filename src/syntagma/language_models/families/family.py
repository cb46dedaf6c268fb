"""What is known of a model family: how its config.json reads, how one is written, where its tensors go."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.families.config_json import ConfigJson
from syntagma.language_models.families.placement import Placement


@dataclass(frozen=True)
class ModelFamily:
    """The released files of one family."""

    model_types: tuple[str, ...]
    """What its config.json files say in `model_type`."""
    read: Callable[[ConfigJson], DecoderConfig]
    write: Callable[[DecoderConfig], dict[str, Any]]
    placements: Callable[[DecoderConfig], list[Placement]]
    """Every tensor that the files must hold."""
    aside: re.Pattern[str] = re.compile(r".*\.rotary_emb\.inv_freq|lm_head\.weight")
    """Names of tensors that the files may hold besides, which the decoder does not use."""
    infix: str = ""
    """A part of stored names that stands for nothing."""

    def plain_name(self, stored: str) -> str:
        """The name of a stored tensor as the placements know it."""
        return stored.replace(self.infix, ".") if self.infix else stored
