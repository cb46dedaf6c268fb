"""Which kernel does the work: the one place that knows. By device and amount of work, unless someone says otherwise.

    with use_kernel("reference"): ...        in this thread, inside the block
    SYNTAGMA_KERNEL=reference syntagma ...   in the whole process

A kernel is a module; the same functions are in `kernels.reference`, and for what pays in `kernels.cpu` (numba, extra
`fast`) and `kernels.cuda` (Triton). Importing numba takes half a second, so small work without a gradient does not
cause it; training uses the compiled kernel from its first step, so that a resumed run repeats an uninterrupted one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.util import find_spec
from typing import Any, Literal, Protocol, get_args

import torch
from torch import Tensor

from syntagma.errors import MissingExtraError, StructureError
from syntagma.structures.kernels.lattice import Gradient, Lattice
from syntagma.structures.kernels.segment_lattice import SegmentLattice, SegmentMarginals

Kernel = Literal["reference", "cpu", "cuda"]

# Elementary steps (a multiplication and an addition each) that are worth importing numba for: some 5 ms of plain torch.
_WORTH_LOADING = 1_000_000

_MOST_CUDA_LABELS = 128

_override: ContextVar[Kernel | None] = ContextVar("kernel", default=None)


@contextmanager
def use_kernel(kernel: Kernel) -> Iterator[None]:
    """Use this kernel inside the block, whatever the device and the amount of work.

    Raises:
        StructureError: there is no such kernel. Work inside raises it where the kernel can't run.
    """
    token = _override.set(_known(kernel, "use_kernel"))
    try:
        yield
    finally:
        _override.reset(token)


def choose(scores: Tensor, work: float, *, learns: bool) -> Kernel:
    """The kernel for `work` elementary steps over `scores`; `learns` where a gradient will be asked for.

    Raises:
        StructureError: the kernel that was asked for does not run on the device of the scores.
        MissingExtraError: its library is not installed.
    """
    asked = _override.get() or _known(os.environ.get("SYNTAGMA_KERNEL"), "SYNTAGMA_KERNEL")
    if asked is not None:
        return _checked(asked, scores)
    if scores.device.type == "cuda":
        return "cuda" if _installed("triton") else "reference"
    if scores.device.type != "cpu" or not _installed("numba"):
        return "reference"
    return "cpu" if learns or work >= _WORTH_LOADING or "numba" in sys.modules else "reference"


def _known(kernel: str | None, source: str) -> Kernel | None:
    for known in get_args(Kernel):
        if kernel == known:
            return known  # type: ignore[no-any-return]
    if kernel:
        raise StructureError(f"{source} asks for the kernel {kernel!r}", fix=f"There are {', '.join(get_args(Kernel))}")
    return None


def _checked(kernel: Kernel, scores: Tensor) -> Kernel:
    if kernel == "reference":
        return kernel
    if scores.device.type != kernel:
        raise StructureError(
            f"the kernel '{kernel}' was asked for, and the scores are on '{scores.device}'",
            fix="Move the scores, or ask for 'reference', which runs on any device",
        )
    if kernel == "cpu" and not _installed("numba"):
        raise MissingExtraError("fast", "the kernel 'cpu'")
    if kernel == "cuda" and not _installed("triton"):
        raise StructureError(
            "the kernel 'cuda' was asked for, and Triton is not installed",
            fix="Install it (it comes with torch for CUDA on Linux), or ask for 'reference', which runs on any device",
        )
    return kernel


@cache
def _installed(library: str) -> bool:
    return find_spec(library) is not None


class Sweep(Protocol):
    """What a forward-backward kernel answers about a lattice.

    Every result is batch first, without history, and in float64 (on Metal float32) where no `dtype` is given.
    """

    @property
    def lattice(self) -> Lattice:
        """What was swept over."""

    def log_partition(self) -> Tensor:
        """`[batch]`"""

    def unary(self, dtype: torch.dtype | None = None) -> Tensor:
        """Probability of every label at every word, `[batch, words, labels]`, 0 where padded."""

    def pairs(self, dtype: torch.dtype | None = None) -> Tensor:
        """Probability of every two neighbouring labels, `[batch, words - 1, from, to]`, 0 where padded."""

    def gradient(self, weights: Tensor, labels: Tensor | None = None) -> Gradient:
        """Derivative of `sum over rows of weights * log Z`, `weights [batch]`, by every score.

        With `labels [batch, words]`, which `score` has accepted, of `sum over rows of weights * (log Z - score)`.
        """

    def log_alpha(self) -> Tensor:
        """Log-probability of every label given the words up to it, `[batch, words, labels]`; any number in padding."""

    def window(self, rows: Tensor, first: Tensor, allowed: Tensor) -> Tensor:
        """Log-probability `[spans]` that the labels from `first` on lie in `allowed [spans, width, labels]`."""


class ChainKernel(Protocol):
    """What a module of kernels offers for chains. Lattices come without history, and so do results."""

    def sweep(self, lattice: Lattice) -> Sweep:
        """Forward-backward: forward at once, backward when first asked for.

        Raises:
            StructureError: a row has no path, a NaN or a +inf; so too `viterbi` and `k_best`.
        """

    def score(self, lattice: Lattice, labels: Tensor) -> Tensor:
        """Scores `[batch, n]` in float64 of `labels [batch, n, words]`, int64; what is in padding is not read.

        Raises:
            StructureError: a label that is not one of 0 to labels - 1.
        """

    def viterbi(self, lattice: Lattice) -> tuple[Tensor, Tensor]:
        """The best path of every row, `[batch, words]`, -1 where padded, and its score `[batch]` in float64.

        Of equals, the one with the lowest last label; of these, with the lowest label before it, and so on.
        """

    def k_best(self, lattice: Lattice, k: int) -> tuple[Tensor, Tensor]:
        """The k best paths `[batch, k, words]`, best first, none twice, and their scores `[batch, k]` in float64.

        Where a row has fewer, labels are -1 and scores -inf. Paths are told apart from the last word backwards; of
        equals there, the one that ranked higher behind that word comes first, then the one with the lowest label.
        """

    def sample(self, lattice: Lattice, sweep: Sweep, n: int, generator: torch.Generator | None) -> Tensor:
        """`n` independent paths of every row, `[batch, n, words]`, -1 where padded; `sweep` is this kernel's own."""


def chain(lattice: Lattice, *, learns: bool) -> ChainKernel:
    """The kernels for a chain with these scores; `learns` where a gradient will be asked for.

    On a GPU the reference takes chains of more than 128 labels, whose tables do not fit one program's registers.
    """
    kernel = choose(lattice.emissions, lattice.work, learns=learns)
    if kernel == "cpu":
        from syntagma.structures.kernels.cpu import chain as cpu

        return cpu
    if kernel == "cuda" and lattice.emissions.shape[2] <= _MOST_CUDA_LABELS:
        from syntagma.structures.kernels.cuda import chain as cuda

        return cuda
    from syntagma.structures.kernels.reference import chain as reference

    return reference


class Suffixes(Protocol):
    """What a sweep over segmentations keeps for the same kernel's other calls."""

    @property
    def log_weight(self) -> Tensor:
        """log Z, `[batch]` in float64."""


class SegmentKernel(Protocol):
    """What a module of kernels offers for flat segmentations. Lattices come without history, and so do results.

    A segmentation is given as sizes and labels `[..., words]`: the size of the span that begins at a word, else 0, and
    -1 in padding; a label, or -1 where no span begins.
    """

    def sweep(self, lattice: SegmentLattice) -> Suffixes:
        """Log-sums from the end to the beginning.

        Raises:
            StructureError: a row has no segmentation, a NaN or a +inf; so too `best` and `k_best`.
        """

    def marginals(self, lattice: SegmentLattice, suffixes: Any) -> SegmentMarginals:
        """Probabilities of all parts; `suffixes` are this kernel's own."""

    def best(self, lattice: SegmentLattice) -> tuple[Tensor, Tensor, Tensor]:
        """The best segmentation of each row: sizes, labels, scores `[batch]`.

        Of equals, from the left, the one with the lowest label (an uncovered word's is the highest), then the shortest.
        """

    def k_best(self, lattice: SegmentLattice, k: int) -> tuple[Tensor, Tensor, Tensor]:
        """The k best of each row, best first, none twice: sizes, labels, scores `[batch, k]`; -1, -1 and -inf for none.

        Equals stand in the order of label, rank of what the label begins (of equal, the shorter first).
        """

    def sample(
        self, lattice: SegmentLattice, suffixes: Any, n: int, generator: torch.Generator | None
    ) -> tuple[Tensor, Tensor]:
        """`n` independent segmentations of every row: sizes and labels; `suffixes` are this kernel's own."""


def segments(lattice: SegmentLattice, *, learns: bool) -> SegmentKernel:
    """The kernels for segmentations with these scores; `learns` where a gradient will be asked for."""
    if choose(lattice.spans, lattice.work, learns=learns) == "cpu":
        from syntagma.structures.kernels.cpu import segments as cpu

        return cpu
    from syntagma.structures.kernels.reference import segments as reference

    return reference


class ProjectiveKernel(Protocol):
    """What a module of kernels offers for projective trees: scores are `[batch, words, 1 + words]`, of any precision.

    What is in padding, or leads from a word to itself, is not read. `lengths [batch]` are int64. Heads are all words'.
    """

    def inside_outside(self, arcs: Tensor, lengths: Tensor, single_root: bool) -> tuple[Tensor, Tensor]:
        """log Z `[batch]` and the probability of every arc `[batch, words, 1 + words]`, in float64.

        log Z is -inf where there is no tree, not finite also where a score is NaN or +inf; so are scores of the best.
        """

    def best(self, arcs: Tensor, lengths: Tensor, single_root: bool) -> tuple[Tensor, Tensor]:
        """The best tree of each row as heads `[batch, words]`, and its score `[batch]` in float64.

        Of equals, the same one in every kernel: from the top of the chart, the first split.
        """

    def k_best(self, arcs: Tensor, lengths: Tensor, single_root: bool, k: int) -> Tensor:
        """The k best as heads `[batch, k, words]`, best first, none twice; -1 also where there are none so many."""

    def sample(
        self, arcs: Tensor, lengths: Tensor, single_root: bool, n: int, generator: torch.Generator | None
    ) -> Tensor:
        """n independent trees of each row as heads `[batch, n, words]`; anything where there is none."""


def projective(arcs: Tensor, *, learns: bool) -> ProjectiveKernel:
    """The kernels for projective trees of these scores; `learns` where a gradient will be asked for."""
    if choose(arcs, arcs.shape[0] * float(arcs.shape[2]) ** 3, learns=learns) == "cpu":
        from syntagma.structures.kernels.cpu import projective as cpu

        return cpu
    from syntagma.structures.kernels.reference import projective as reference

    return reference


class NonProjectiveKernel(Protocol):
    """What a module of kernels offers for non-projective trees. Scores come without history, and so do results.

    Scores are `[batch, words, 1 + words]` in float64, -inf where there is no arc and in padding; trees are heads
    `[batch, ..., words]`, with anything in padding. With a `single_root` only one word hangs from the root.
    """

    def tree_sums(self, arcs: Tensor, sizes: Tensor, single_root: bool) -> tuple[Tensor, Tensor]:
        """log Z `[batch]`, -inf for a row without a tree, and the probability of every arc, 0 where padded."""

    def best(self, arcs: Tensor, single_root: bool) -> Tensor:
        """The best tree `[batch, words]`; heads that are none, or of impossible arcs, where there is none."""

    def k_best(self, arcs: Tensor, single_root: bool, k: int) -> Tensor:
        """The k best trees `[batch, k, words]`, best first, none twice; -1 where a row has fewer."""

    def sample(
        self, arcs: Tensor, sizes: Tensor, single_root: bool, n: int, generator: torch.Generator | None
    ) -> Tensor:
        """`n` independent trees of every row, `[batch, n, words]`."""


def nonprojective(arcs: Tensor, *, learns: bool) -> NonProjectiveKernel:
    """The kernels for non-projective trees with these scores; `learns` where a gradient will be asked for."""
    if choose(arcs, arcs.numel() * arcs.shape[1], learns=learns) == "cpu":
        from syntagma.structures.kernels.cpu import nonprojective as cpu

        return cpu
    from syntagma.structures.kernels.reference import nonprojective as reference

    return reference
