"""The compiled kernel for segmentations against the reference, on rows too long to enumerate."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings, strategies as st

from syntagma.structures.kernels.reference import segments as reference
from syntagma.structures.kernels.segment_lattice import SegmentLattice

numba = pytest.importorskip("numba", reason="the extra 'fast' is not installed")


@st.composite
def lattices(draw: st.DrawFn) -> SegmentLattice:
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    batch, words, labels = draw(st.integers(1, 4)), draw(st.integers(1, 40)), draw(st.integers(1, 5))
    width, scale = draw(st.integers(1, words)), draw(st.sampled_from([0.0, 1.0, 20.0, 1e4]))
    dtype = draw(st.sampled_from([torch.float32, torch.float64]))

    def scores(*shape: int) -> torch.Tensor:
        numbers = torch.randn(shape, generator=generator, dtype=torch.float64) * scale
        return (numbers.round() if draw(st.booleans()) else numbers).to(dtype)

    spans = scores(batch, words, width, labels)
    if draw(st.booleans()):
        spans.masked_fill_(torch.rand(spans.shape, generator=generator) < 0.5, -torch.inf)
    if draw(st.booleans()):  # not contiguous
        spans = spans.transpose(1, 2).contiguous().transpose(1, 2)
    outside = scores(batch, words) if draw(st.booleans()) else None
    transitions = scores(labels + 1, labels + 1) if draw(st.booleans()) else None
    if transitions is not None and draw(st.booleans()):
        transitions.masked_fill_(torch.rand(transitions.shape, generator=generator) < 0.3, -torch.inf)
        transitions[-1, -1] = 0.0
    lengths = torch.randint(1, words + 1, (batch,), generator=generator)
    return SegmentLattice(spans, outside, transitions, lengths)


@settings(max_examples=60, deadline=None)
@given(lattices(), st.integers(1, 7))
def test_all_calls_agree_with_the_reference(lattice: SegmentLattice, k: int) -> None:
    from syntagma.structures.kernels.cpu import segments as cpu

    ours, theirs = cpu.sweep(lattice), reference.sweep(lattice)
    torch.testing.assert_close(ours.log_weight, theirs.log_weight, rtol=1e-12, atol=1e-9)
    for mine, other in zip(cpu.marginals(lattice, ours), reference.marginals(lattice, theirs), strict=True):
        assert (mine is None) == (other is None)
        if mine is not None and other is not None:
            torch.testing.assert_close(mine, other, rtol=0, atol=1e-7)
    for found, expected in (
        (cpu.best(lattice), reference.best(lattice)),
        (cpu.k_best(lattice, k), reference.k_best(lattice, k)),
    ):
        for mine, other in zip(found, expected, strict=True):
            assert torch.equal(mine, other)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_nothing(threads: int) -> None:
    from syntagma.structures.kernels.cpu import segments as cpu

    spans = torch.randn(8, 64, 64, 6, generator=torch.Generator().manual_seed(0))
    lattice = SegmentLattice(spans, None, torch.randn(7, 7), torch.arange(57, 65))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        suffixes = cpu.sweep(lattice)
        found = cpu.marginals(lattice, suffixes)
        sizes, _ = cpu.sample(lattice, suffixes, 3, torch.Generator().manual_seed(0))
        best = cpu.best(lattice)
    finally:
        torch.set_num_threads(before)
    assert found.pairs is not None
    torch.testing.assert_close(found.spans, reference.marginals(lattice, reference.sweep(lattice)).spans)
    assert torch.equal(best[0], reference.best(lattice)[0])
    assert (sizes.clamp(min=0).sum(2) <= lattice.lengths.unsqueeze(1)).all()
