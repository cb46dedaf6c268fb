"""Cached vectors in the place of the encoders that said them, in a model over a concatenation."""

from __future__ import annotations

from collections.abc import Mapping

from syntagma import encoders
from syntagma.encoders.encoder import Encoder
from syntagma.models import Tagger


def concatenation_of(tagger: Tagger) -> encoders.Concatenation:
    """The concatenation that the tagger reads, by itself or under a network."""
    return next(part for part in tagger.encoder.modules() if isinstance(part, encoders.Concatenation))


def stand_in(instead: Mapping[str, Encoder], tagger: Tagger) -> dict[str, Encoder]:
    """Put encoders in the places of the concatenation's members of their names; gives those that stood there."""
    concatenation = concatenation_of(tagger)
    device = next(tagger.parameters()).device
    replaced: dict[str, Encoder] = {}
    for name in concatenation.names:
        if name in instead:
            before = concatenation.members[name]
            assert isinstance(before, Encoder)
            replaced[name] = before
            concatenation.members[name] = instead[name].to(device)
    return replaced
