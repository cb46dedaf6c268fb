"""The linear chain: a distribution over label sequences in which neighbouring labels know each other."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.kernels import derivatives, dispatch
from syntagma.structures.kernels.lattice import Lattice, fold
from syntagma.structures.kernels.reference.best_paths import k_best, viterbi
from syntagma.structures.kernels.reference.sampling import sample_paths
from syntagma.structures.parts import ChainParts, boundary_parts, own_words
from syntagma.structures.structure import Structure


class Best(NamedTuple):
    """The best label sequences and their scores."""

    labels: Tensor
    """`[batch, words]`, -1 where padded; of the k best `[batch, k, words]`, -1 also where there is none."""
    scores: Tensor
    """`[batch]`; of the k best `[batch, k]`, -inf where there is none."""

    @property
    def outputs(self) -> Tensor:
        """The labels."""
        return self.labels


class LinearChain(Structure[ChainParts]):
    """A batch of linear-chain conditional random fields.

        score(y) = start[y_1] + sum_i emissions[i, y_i] + sum_i transitions[y_i, y_{i+1}] + end[y_n]

    Forbid a label or a transition with a score of -inf. Scores are used as they are and kept: do not change them in
    place. Computed in float64 inside; results are float32 for half precision, else of the scores' type.

    Args:
        emissions: `[batch, words, labels]`; what is in padding is not read.
        transitions: `[labels, labels]` (from, to), or one table a position: `[batch, words - 1, labels, labels]`.
        start: `[labels]`, score of the first label; None for 0.
        end: `[labels]`, score of the last label; None for 0.
        lengths: `[batch]`, integers from 1 to words; None where all are full.

    Raises:
        StructureError: shapes that disagree. Every call raises it for a row without any possible sequence, or with
            a NaN or +inf among its scores, naming the row.
    """

    parts: ClassVar = ChainParts

    def __init__(
        self,
        emissions: Tensor,
        transitions: Tensor,
        start: Tensor | None = None,
        end: Tensor | None = None,
        lengths: Tensor | None = None,
    ) -> None:
        _check_shapes(emissions, transitions, start, end)
        self.emissions, self.transitions, self.start, self.end = emissions, transitions, start, end
        self.lengths = None if lengths is None else _checked_lengths(lengths, emissions)
        scores = [part for part in (emissions, transitions, start, end) if part is not None]
        self.dtype = torch.float32
        for part in scores:
            self.dtype = torch.promote_types(self.dtype, part.dtype)
        self._learns = any(part.requires_grad for part in scores)

    def detach(self) -> LinearChain:
        """The same distribution, into which no gradient flows: a teacher."""
        start, end = (None if scores is None else scores.detach() for scores in (self.start, self.end))
        return LinearChain(self.emissions.detach(), self.transitions.detach(), start, end, self.lengths)

    def log_partition(self) -> Tensor:
        """log Z, `[batch]`."""
        return self._log_partition(self._lattice()).to(self.dtype)

    def score(self, outputs: Tensor) -> Tensor:
        """Score of label sequences `[batch, words]` or `[batch, n, words]`, as `[batch]` or `[batch, n]`.

        Labels in padding are not read. Differentiable, so `score(argmax().labels)` is the best score with a gradient.

        Raises:
            StructureError: a label that is not one of 0 to labels - 1.
        """
        return self._score(self._lattice(), outputs).to(self.dtype)

    def log_prob(self, outputs: Tensor) -> Tensor:
        """Log-probability of label sequences, shapes as `score`; -inf for a sequence that is forbidden."""
        lattice = self._lattice()
        score, log_z = self._score(lattice, outputs), self._log_partition(lattice)
        return (score - log_z.view(-1, *[1] * (score.dim() - 1))).to(self.dtype)

    def marginals(self) -> ChainParts:
        """Probability of every label, of every two neighbouring labels, and of the first and last label."""
        return ChainParts(*(part.to(self.dtype) for part in self.expected_parts()))

    def expected_parts(self) -> ChainParts:
        """The marginals in float64, before they are rounded."""
        lattice = self._lattice()
        if self._records():
            unary, pairs = derivatives.marginals(lattice.emissions, lattice.transitions, self._sweep)
        else:
            unary, pairs = self._sweep.unary(), self._sweep.pairs()
        return boundary_parts(unary.transpose(0, 1), pairs.transpose(0, 1), self.lengths)

    def label_marginals(self) -> Tensor:
        """`marginals().emissions`, `[batch, words, labels]`, at a fraction of the cost; no gradient."""
        return self._sweep.unary().transpose(0, 1).to(self.dtype)

    def argmax(self) -> Best:
        """The most probable sequence, `labels [batch, words]`, -1 in padding, and its `scores [batch]` (Viterbi)."""
        labels = viterbi(self._detached)
        return Best(labels, self.score(labels))

    def topk(self, k: int) -> Best:
        """The k most probable sequences, `labels [batch, k, words]`, `scores [batch, k]`, best first, none twice.

        Where a row has fewer than k, the missing ones have labels -1 and score -inf.

        Raises:
            StructureError: k is below 1.
        """
        _check_count("k", k)
        labels, scores = k_best(self._detached, k)
        return Best(labels, scores.to(self.dtype))

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent sequences of each row, `[batch, n, words]`, -1 in padding; exact.

        Raises:
            StructureError: n is below 1.
        """
        _check_count("n", n)
        return sample_paths(self._detached, self._sweep.log_alpha(), n, generator)

    def expected_log_prob(self, parts: ChainParts) -> Tensor:
        """`sum over parts of parts * score - log Z`, `[batch]`.

        -inf where `parts` gives weight to something forbidden. Takes marginals of another chain, or a target's means.

        Raises:
            StructureError: parts of other shapes.
        """
        _check_parts(parts, self.emissions)
        lattice = self._lattice()
        unary = _weighted(parts.emissions.transpose(0, 1), lattice.emissions).sum((0, 2))
        pairs = _weighted(parts.transitions.transpose(0, 1), _per_position(lattice)).sum((0, 2, 3))
        return (unary + pairs - self._log_partition(lattice)).to(self.dtype)

    def window_log_prob(self, rows: Tensor, first: Tensor, allowed: Tensor) -> Tensor:
        """Log-probability that the labels of a window all lie in their allowed sets, `[spans]`; exact, no gradient.

        With the labels of an entity and of its neighbours allowed, this is the posterior of the entity as a whole. The
        cost is one small step for each word of the window, from messages that are kept.

        Args:
            rows: `[spans]`, the row of each window.
            first: `[spans]`, position of the window's first word; what lies outside the row, left or right, is ignored.
            allowed: `[spans, width, labels]` bool; all true where there is no condition.
        """
        return self._sweep.window(rows, first, allowed).to(self.dtype)

    def _records(self) -> bool:
        return self._learns and torch.is_grad_enabled()

    def _lattice(self) -> Lattice:
        """Made anew for each result that is to be differentiated, so that one can be after another was."""
        if not self._records():
            return self._detached
        return fold(self.emissions, self.transitions, self.start, self.end, self.lengths)

    @cached_property
    def _detached(self) -> Lattice:
        with torch.no_grad():
            return fold(self.emissions, self.transitions, self.start, self.end, self.lengths).detach()

    @cached_property
    def _sweep(self) -> dispatch.Sweep:
        return dispatch.sweep(self._detached)

    def _log_partition(self, lattice: Lattice) -> Tensor:
        return derivatives.log_partition(lattice.emissions, lattice.transitions, self._sweep)

    def _score(self, lattice: Lattice, outputs: Tensor) -> Tensor:
        """`[batch]` or `[batch, n]`, in the lattice's precision."""
        labels = _checked_labels(outputs, self.emissions, self.lengths)
        count = lattice.emissions.shape[-1]
        several = labels if labels.dim() == 3 else labels.unsqueeze(1)
        path = several.permute(2, 0, 1)  # [words, batch, n]
        valid = lattice.valid.unsqueeze(-1)
        unary = lattice.emissions.gather(2, path).where(valid, 0.0)
        steps = path[:-1] * count + path[1:]
        if lattice.shared:
            pairs = lattice.transitions.flatten()[steps]
        else:
            pairs = lattice.transitions.flatten(2).gather(2, steps)
        total = unary.sum(0) + pairs.where(valid[1:], 0.0).sum(0)
        return total.view(outputs.shape[:-1])


def _weighted(weights: Tensor, scores: Tensor) -> Tensor:
    """Products in the scores' precision, in which a part of weight 0 counts 0 even where it is forbidden."""
    return weights.to(scores.dtype) * torch.where(weights == 0, 0.0, scores)


def _per_position(lattice: Lattice) -> Tensor:
    return lattice.transitions.expand(lattice.emissions.shape[0] - 1, lattice.emissions.shape[1], -1, -1)


def _check_count(name: str, count: int) -> None:
    if count < 1:
        raise StructureError(f"{name} is {count}", fix=f"Ask for {name} of 1 or more")


def _check_shapes(emissions: Tensor, transitions: Tensor, start: Tensor | None, end: Tensor | None) -> None:
    if emissions.dim() != 3 or 0 in emissions.shape[1:]:
        raise StructureError(f"emissions have shape {list(emissions.shape)}", fix="Give them as [batch, words, labels]")
    batch, words, labels = emissions.shape
    tables = ((labels, labels), (batch, words - 1, labels, labels))
    if transitions.shape not in tables:
        raise StructureError(
            f"transitions have shape {list(transitions.shape)} beside emissions of {list(emissions.shape)}",
            fix=f"Give them as {list(tables[0])} or {list(tables[1])}",
        )
    for name, scores in (("start", start), ("end", end)):
        if scores is not None and scores.shape != (labels,):
            raise StructureError(f"{name} has shape {list(scores.shape)}", fix=f"Give it as [{labels}]")


def _checked_lengths(lengths: Tensor, emissions: Tensor) -> Tensor | None:
    """The lengths, or None where all rows are full."""
    batch, words, _ = emissions.shape
    if lengths.shape != (batch,) or lengths.is_floating_point():
        raise StructureError(
            f"lengths are {lengths.dtype} of shape {list(lengths.shape)}", fix=f"Give {batch} integers, one a row"
        )
    wrong = ((lengths < 1) | (lengths > words)).nonzero().flatten()
    if wrong.numel():
        row = int(wrong[0])
        raise StructureError(f"row {row} has length {int(lengths[row])}", fix=f"Lengths are from 1 to {words} here")
    return None if bool((lengths == words).all()) else lengths.to(emissions.device, torch.int64)


def _checked_labels(outputs: Tensor, emissions: Tensor, lengths: Tensor | None) -> Tensor:
    """The labels with 0 in place of what is in padding."""
    batch, words, count = emissions.shape
    if outputs.dim() not in (2, 3) or outputs.shape[0] != batch or outputs.shape[-1] != words:
        raise StructureError(
            f"labels have shape {list(outputs.shape)}", fix=f"Give them as [{batch}, {words}] or [{batch}, n, {words}]"
        )
    valid = own_words(words, lengths, emissions)
    valid = valid if outputs.dim() == 2 else valid.unsqueeze(1)
    wrong = (((outputs < 0) | (outputs >= count)) & valid).nonzero()
    if wrong.numel():
        place = wrong[0].tolist()
        label = int(outputs[tuple(place)])
        raise StructureError(
            f"row {place[0]} has label {label} at position {place[-1]}", fix=f"Labels are from 0 to {count - 1} here"
        )
    return outputs.where(valid, 0)


def _check_parts(parts: ChainParts, emissions: Tensor) -> None:
    batch, words, labels = emissions.shape
    expected = ((batch, words, labels), (batch, words - 1, labels, labels))
    if (parts.emissions.shape, parts.transitions.shape) != expected:
        raise StructureError(
            f"the target's parts have shapes {list(parts.emissions.shape)} and {list(parts.transitions.shape)}",
            fix=f"The structure compared with it has {list(expected[0])} and {list(expected[1])}",
        )
