"""What is checked about heads, and about the parts of a target, before they meet scores of arcs."""

from __future__ import annotations

from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.arc_scores import ArcScores
from syntagma.structures.parts import ArcParts


def checked_heads(outputs: Tensor, scores: ArcScores) -> tuple[Tensor, Tensor | None]:
    """Heads `[batch, n, words]`, 0 in padding, and relations likewise, of one output a row or of n.

    Raises:
        StructureError: another shape, or a head or a relation that is out of range.
    """
    batch, words = scores.arcs.shape[:2]
    labelled = [2] if scores.labelled else []
    shape = list(outputs.shape)
    if shape not in ([batch, words, *labelled], [batch, *shape[1:2], words, *labelled]):
        raise StructureError(
            f"outputs have shape {shape}",
            fix=f"Give heads as {[batch, words, *labelled]} or {[batch, 'n', words, *labelled]}"
            + (", each with its relation" if labelled else ""),
        )
    several = outputs if len(shape) == 3 + len(labelled) else outputs.unsqueeze(1)
    if not scores.labelled:
        return _in_range(several, scores.sizes + 1, scores.valid, "head"), None
    relations = scores.sizes.new_full(scores.sizes.shape, scores.relation_count)
    return (
        _in_range(several[..., 0], scores.sizes + 1, scores.valid, "head"),
        _in_range(several[..., 1], relations, scores.valid, "relation"),
    )


def _in_range(numbers: Tensor, ends: Tensor, valid: Tensor, name: str) -> Tensor:
    """`numbers [batch, n, words]` with 0 in padding, each below its row's end, `ends [batch]`."""
    wrong = ((numbers < 0) | (numbers >= ends.view(-1, 1, 1))) & valid.unsqueeze(1)
    if bool(wrong.any()):
        row, n, word = wrong.nonzero()[0].tolist()
        raise StructureError(
            f"row {row} has {name} {int(numbers[row, n, word])} at its word {word + 1}",
            fix=f"It takes a {name} from 0 to {int(ends[row]) - 1}",
        )
    return numbers.where(valid.unsqueeze(1), 0)


def checked_parts(parts: ArcParts, scores: ArcScores) -> None:
    """Raise a StructureError unless a target's parts are those of these scores."""
    found = [list(part.shape) for part in parts if part is not None]
    shape = list(scores.arcs.shape)
    expected = [shape, [*shape, scores.relation_count]] if scores.labelled else [shape]
    if found != expected:
        raise StructureError(
            f"the target's parts have shapes {' and '.join(map(str, found))}",
            fix=f"The structure compared with it has {' and '.join(map(str, expected))}",
        )
