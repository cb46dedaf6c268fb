"""Trees say what torch-struct says, where torch-struct is right: moderate scores."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from syntagma.structures import NonProjectiveTree, ProjectiveTree

torch_struct = pytest.importorskip(
    "torch_struct", reason="torch-struct is not installed: it comes with the extra 'dev'"
)

pytestmark = pytest.mark.filterwarnings("ignore:.*arg_constraints")

SCALES = (0.3, 1.0, 4.0)
LENGTHS = torch.tensor([6, 2, 5, 3])


def close(found: Tensor, expected: Tensor, tolerance: float = 1e-8) -> None:
    torch.testing.assert_close(found.detach(), expected.detach(), rtol=tolerance, atol=tolerance)


def trees(scale: float, seed: int = 0) -> Tensor:
    torch.manual_seed(seed)
    return torch.randn(4, 6, 7).double() * scale


def with_roots_on_the_diagonal(arcs: Tensor) -> Tensor:
    """torch-struct's scores: `[batch, head, dependent]`, without a row for the root."""
    scores = arcs[:, :, 1:].transpose(1, 2).contiguous()
    scores.diagonal(0, 1, 2).copy_(arcs[:, :, 0])
    return scores


def by_dependent(parts: Tensor) -> Tensor:
    heads = parts.transpose(1, 2).masked_fill(torch.eye(6, dtype=torch.bool), 0)
    return torch.cat([parts.diagonal(0, 1, 2).unsqueeze(2), heads], dim=2)


@pytest.mark.parametrize("single_root", [True, False])
@pytest.mark.parametrize("scale", SCALES)
def test_projective_trees(scale: float, single_root: bool) -> None:
    ours = ProjectiveTree(trees(scale), LENGTHS, single_root=single_root)
    scores = with_roots_on_the_diagonal(trees(scale)).requires_grad_(True)  # or it can't take ragged lengths
    theirs = torch_struct.DependencyCRF(scores, LENGTHS, multiroot=not single_root)
    close(ours.log_partition(), theirs.partition)
    close(ours.marginals().arcs, by_dependent(theirs.marginals))
    close(ours.entropy(), theirs.entropy)
    close(ours.argmax().scores, theirs.max)
    valid = torch.arange(6) < LENGTHS.unsqueeze(1)
    heads = by_dependent(theirs.argmax).argmax(2)
    assert torch.equal(ours.argmax().outputs[valid], heads[valid])


@pytest.mark.parametrize("single_root", [True, False])
@pytest.mark.parametrize("scale", SCALES)
def test_matrix_tree(scale: float, single_root: bool) -> None:
    """Without the 1e-5 that torch-struct adds to every weight unless told otherwise."""
    ours = NonProjectiveTree(trees(scale), LENGTHS, single_root=single_root)
    scores, multiroot = with_roots_on_the_diagonal(trees(scale)), not single_root
    close(ours.log_partition(), torch_struct.deptree_part(scores, multiroot, LENGTHS, eps=0.0))
    marginals = by_dependent(torch_struct.deptree_nonproj(scores, multiroot, LENGTHS, eps=0.0))
    close(ours.marginals().arcs, marginals)
