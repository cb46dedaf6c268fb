"""How far a result is from the float64 computation in `exact.py`.

- loss: largest error of a gradient's element, relative where the element is above 1
- marginals, trees: largest error of a probability, and for trees of log Z (relative where it is above 1)
- Viterbi, best trees: by how much a row's output scores less than its best one
- k best: largest error of a score among the k

NaN where there is one in the result. Trees are checked on a few rows, because what is exact is slow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from exact import ExactChain, ExactMatrixTree, ExactProjective
from goals import BEST
from problems import TreeProblem
from torch import Tensor


def exact(method: str, problem: Any) -> Any:
    """What is right for this method and problem, computed when it is first asked for and then kept."""
    if method == "matrix_tree":
        return ExactMatrixTree(_few(problem, 2))
    return ExactProjective(_few(problem, 4)) if isinstance(problem, TreeProblem) else ExactChain(problem)


def error(method: str, truth: Any, side: Any, result: Any) -> float:
    """Error of what `side.method()` returned."""
    return float(_CHECKS[method](truth, side, result))


def _loss(truth: ExactChain, side: Any, result: tuple[Tensor, Tensor]) -> Tensor:
    pairs = zip(result, truth.loss_gradient, strict=True)
    return torch.stack([_difference(found, right) for found, right in pairs]).max()


def _viterbi(truth: ExactChain, side: Any, result: Any) -> Tensor:
    rows = result.tolist() if isinstance(result, Tensor) else result
    paths = [row[:n] for row, n in zip(rows, truth.problem.lengths.tolist(), strict=True)]
    return (truth.best_scores(1)[:, 0] - truth.path_scores(paths)).max()


def _topk(truth: ExactChain, side: Any, result: Any) -> Tensor:
    lists = side.k_paths(result) if hasattr(side, "k_paths") else result
    best = truth.best_scores(BEST)
    found = torch.full_like(best, float("-inf"))
    for i in range(BEST):
        has = torch.tensor([len(paths) > i for paths in lists])
        scores = truth.path_scores([paths[min(i, len(paths) - 1)] for paths in lists])
        found[:, i] = scores.where(has, found[:, i])
    return _difference(found.sort(1, descending=True).values, best)


def _marginals(truth: ExactChain, side: Any, result: Tensor) -> Tensor:
    return _difference(result.where(truth.problem.mask.unsqueeze(2), 0.0), truth.marginals)


def _trees(truth: ExactProjective | ExactMatrixTree, side: Any, result: tuple[Tensor, Tensor]) -> Tensor:
    rows, words = truth.problem.arcs.shape[:2]
    inside = torch.arange(words + 1) <= truth.problem.lengths.unsqueeze(1)
    found = result[1][:rows].where(inside[:, 1:].unsqueeze(2) & inside.unsqueeze(1), 0.0)
    log_z = _difference(result[0][:rows], truth.log_partition)
    return torch.stack([log_z, _difference(found, truth.marginals)]).max()


def _best_trees(truth: ExactProjective, side: Any, result: Tensor) -> Tensor:
    return (truth.best_scores - truth.scores(result[: len(truth.problem.lengths)])).max()


def _few(problem: TreeProblem, count: int) -> TreeProblem:
    return TreeProblem(problem.arcs[:count], problem.lengths[:count])


def _difference(found: Tensor, right: Tensor) -> Tensor:
    """Largest error, absolute below 1 and relative above; NaN if one is found; -inf equals -inf."""
    found = found.detach().double()
    errors = (found - right).abs() / right.abs().clamp(min=1)
    return errors.where(found != right, 0.0).max()


_CHECKS: dict[str, Callable[[Any, Any, Any], Tensor]] = {
    "loss": _loss,
    "viterbi": _viterbi,
    "topk": _topk,
    "marginals": _marginals,
    "projective": _trees,
    "projective_best": _best_trees,
    "matrix_tree": _trees,
}
