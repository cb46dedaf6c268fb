"""Several encoders side by side, in a fixed order of names, with a mask that is part of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from syntagma.encoders.encoder import Encoder, WordVectors, lengths_of
from syntagma.encoders.named_modules import named_modules
from syntagma.errors import RecipeError
from syntagma.text.view import View


class Concatenation(Encoder):
    """`V = concat_l(a_l E_l)`: a masked member's block is zero and the member is not run (ACE, section b).

    The width, and so every weight behind it, is the same under any mask. The order is that of `members`.

    Raises:
        RecipeError: no members, a name that is not a plain one, a mask of another length or all False.
    """

    mask: Tensor
    """Which members take part: `[members]` (bool), saved with the weights."""

    def __init__(self, members: Mapping[str, Encoder], mask: Sequence[bool] | None = None) -> None:
        super().__init__()
        if not members:
            raise RecipeError("a concatenation without members", fix="Name at least one encoder")
        self.names = tuple(members)
        self.members = named_modules(members, "a member of a concatenation")
        self.width = sum(member.width for member in members.values())
        self.register_buffer("mask", torch.ones(len(members), dtype=torch.bool))
        if mask is not None:
            self.set_mask(mask)

    def set_mask(self, mask: Sequence[bool]) -> None:
        """Choose the members that take part, in the order of `names`."""
        if len(mask) != len(self.names):
            names = ", ".join(self.names)
            raise RecipeError(
                f"a mask of {len(mask)} for {len(self.names)} members", fix=f"Give one value for each: {names}"
            )
        if not any(mask):
            raise RecipeError("a mask that leaves no member", fix="Keep at least one of: " + ", ".join(self.names))
        self.mask.copy_(torch.tensor(list(mask), dtype=torch.bool))

    @property
    def active(self) -> tuple[str, ...]:
        """The names of the members that take part."""
        return tuple(name for name, kept in zip(self.names, self.mask.tolist(), strict=True) if kept)

    def forward(self, views: Sequence[View]) -> WordVectors:
        """Encode with every active member: vectors `[batch, words, width]`, each member's block at its fixed place."""
        active = self.active
        blocks = {name: self._member(name)(views).vectors for name in active}
        shape = blocks[active[0]].shape[:2]
        parts = [
            blocks[name] if name in blocks else blocks[active[0]].new_zeros(*shape, self._member(name).width)
            for name in self.names
        ]
        return WordVectors(torch.cat(parts, dim=-1), lengths_of(views, parts[0].device))

    def _member(self, name: str) -> Encoder:
        member = self.members[name]
        assert isinstance(member, Encoder)
        return member
