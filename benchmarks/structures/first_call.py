"""How long the first call of a compiled kernel takes in a fresh process, when an earlier process has compiled it.

python benchmarks/structures/first_call.py loss [--numba-before]     one call, in this process; prints seconds
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

METHODS = {
    "loss": "chain: loss + gradient",
    "viterbi": "chain: Viterbi",
    "marginals": "chain: marginals",
    "topk": "chain: 5 best",
    "projective": "projective tree: partition + marginals",
    "projective_best": "projective tree: best",
    "matrix_tree": "matrix-tree: partition + marginals",
}


@dataclass(frozen=True)
class FirstCall:
    """Seconds of the first call and, in a process that has imported numba before, of the first call without that."""

    operation: str
    seconds: float
    without_numba: float
    compiling: float
    """Seconds of the very first call, whose cache was empty."""


def first_calls(methods: Iterable[str], repeats: int) -> Iterator[FirstCall]:
    """Each in processes of its own, medians; numba's cache is in a folder of its own, empty at first."""
    with tempfile.TemporaryDirectory() as cache:
        for method in methods:
            compiling = _in_a_process(method, cache, "--numba-before")
            with_import = median(_in_a_process(method, cache) for _ in range(repeats))
            without = median(_in_a_process(method, cache, "--numba-before") for _ in range(repeats))
            yield FirstCall(METHODS[method], with_import, without, compiling)


def _in_a_process(method: str, cache: str, *options: str) -> float:
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache, "SYNTAGMA_KERNEL": "cpu", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", str(Path(__file__)), method, *options]
    result = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
    return float(result.stdout)


def main() -> None:
    """Time one call in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("--numba-before", action="store_true", help="import numba before the clock starts")
    arguments = parser.parse_args()
    import ours
    from goals import BEST
    from problems import chain_problem, tree_problem

    trees = arguments.method in ("projective", "projective_best", "matrix_tree")
    side = ours.Trees(tree_problem(4, 20, 1.0)) if trees else ours.Chain(chain_problem(4, 20, 9, 1.0))
    function = getattr(side, arguments.method)
    if arguments.numba_before:
        import numba  # noqa: F401
    begin = time.perf_counter()
    function(*[BEST] * (arguments.method == "topk"))
    print(time.perf_counter() - begin)


if __name__ == "__main__":
    main()
