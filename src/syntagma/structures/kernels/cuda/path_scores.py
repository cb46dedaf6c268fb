"""The scores of known paths on the GPU: one program a path, many of its words at once."""

from __future__ import annotations

import triton
import triton.language as tl

# how many words a program takes at once
_WORDS = tl.constexpr(128)


@triton.jit(do_not_specialize=("words", "labels", "paths", "start_row", "end_row"))
def score_paths(
    emissions,  # [batch, words, labels]
    transitions,  # [labels, labels] if SHARED, else [batch, words - 1, labels, labels]
    start,  # a row's [labels] begin at row * start_row; or None
    end,  # likewise
    lengths,  # [batch]
    path,  # [batch, paths, words]
    scores,  # out: [batch, paths]
    unknown,  # out: [batch, paths], true where the path has a label that there is not
    words,
    labels,
    paths,
    start_row,
    end_row,
    SHARED: tl.constexpr,
):
    """The score of one path of one row."""
    number = tl.program_id(0).to(tl.int64)
    row = number // paths
    length = tl.load(lengths + row).to(tl.int32)
    path += number * words
    emissions += row * words * labels
    if not SHARED:
        transitions += row * (words - 1) * labels * labels
    total = tl.zeros((_WORDS,), tl.float64)
    strange = tl.zeros((_WORDS,), tl.int32)
    for i in range(0, length, _WORDS):
        word = i + tl.arange(0, _WORDS)
        given = tl.load(path + word, mask=word < length, other=0)
        label = _known(given, labels)
        following = _known(tl.load(path + word + 1, mask=word < length - 1, other=0), labels)
        step = label * labels + following
        if not SHARED:
            step += word.to(tl.int64) * labels * labels
        strange |= (given != label).to(tl.int32)
        total += tl.load(emissions + word * labels + label, mask=word < length, other=0.0).to(tl.float64)
        total += tl.load(transitions + step, mask=word < length - 1, other=0.0).to(tl.float64)
    result = tl.sum(total, 0)
    if start is not None:
        result += tl.load(start + row * start_row + _known(tl.load(path), labels)).to(tl.float64)
    if end is not None:
        result += tl.load(end + row * end_row + _known(tl.load(path + length - 1), labels)).to(tl.float64)
    tl.store(scores + number, result)
    tl.store(unknown + number, tl.max(strange, 0) > 0)


@triton.jit
def _known(label, labels):
    """The label, or 0 where there is no such label, so that nothing outside the scores is read."""
    return tl.where((label >= 0) & (label < labels), label, 0)
