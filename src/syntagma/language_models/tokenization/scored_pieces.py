"""SentencePiece's pieces and scores as merges, and how its text is prepared: `▁` for spaces, one in front."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syntagma.language_models.tokenization.spelling import SPACE_MARK


def merges_by_score(scores: Mapping[str, float]) -> list[tuple[str, str]]:
    """Every way to put a piece together from two others, the best piece first.

    SentencePiece joins whichever neighbours give the piece of the highest score, the leftmost of equals; so do merges
    in this order, where no two pieces have one score. Equal scores go by the order of the pieces.
    """
    best_first = sorted(scores, key=scores.__getitem__, reverse=True)
    return [
        (piece[:cut], piece[cut:])
        for piece in best_first
        for cut in range(1, len(piece))
        if piece[:cut] in scores and piece[cut:] in scores
    ]


def piece_steps(*, prefix: bool) -> dict[str, Any]:
    """The `normalizer`, `pre_tokenizer` and `decoder` of tokenizer.json that do what SentencePiece does for Llama."""
    marks = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE_MARK}
    spaces = {"type": "Replace", "pattern": {"String": SPACE_MARK}, "content": " "}
    decoding: list[dict[str, Any]] = [spaces, {"type": "ByteFallback"}, {"type": "Fuse"}]
    preparing: list[dict[str, Any]] = [marks]
    if prefix:
        preparing.insert(0, {"type": "Prepend", "prepend": SPACE_MARK})
        decoding.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    return {
        "normalizer": {"type": "Sequence", "normalizers": preparing},
        "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": decoding},
    }
