"""The stacks of encoders that a study compares, and which of them differ in one encoder only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["word", "character", "contextual-character", "contextual-subword"]
"""The kinds that the paper tells apart: static vectors of words, encoders of a word's characters, character language
models that read the sentence, and transformers over sub-words."""
CONTEXTUAL: tuple[Kind, ...] = ("contextual-character", "contextual-subword")


@dataclass(frozen=True, slots=True)
class Stack:
    """Encoders that are concatenated: each one's name and kind."""

    name: str
    members: Mapping[str, Kind]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Each kind once, in the order of the members."""
        return tuple(dict.fromkeys(self.members.values()))


@dataclass(frozen=True, slots=True)
class Addition:
    """Two stacks of which the larger has one encoder more."""

    base: Stack
    larger: Stack
    added: str

    @property
    def kind(self) -> Kind:
        """That of the encoder that is added."""
        return self.larger.members[self.added]

    @property
    def is_similar(self) -> bool:
        """Whether a second contextual encoder of a kind is added that is there already."""
        return self.kind in CONTEXTUAL and self.kind in self.base.kinds

    @property
    def joins_subwords_to_characters(self) -> bool:
        """Whether the first contextual sub-word encoder joins a contextual character one."""
        held = self.base.kinds
        return self.kind == "contextual-subword" and self.kind not in held and "contextual-character" in held

    def __str__(self) -> str:
        return f"adding {self.added} to {self.base.name}"


def additions(stacks: Sequence[Stack]) -> Iterator[Addition]:
    """Every pair of stacks that differ in one encoder, in the order of the stacks."""
    for larger in stacks:
        for base in stacks:
            added = larger.members.keys() - base.members.keys()
            if len(added) == 1 and base.members.keys() < larger.members.keys():
                yield Addition(base, larger, next(iter(added)))
