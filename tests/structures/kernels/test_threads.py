"""Ranges of rows over a few threads: complete, in order, and again in a forked child."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator

import pytest
import torch

pytest.importorskip("numba", reason="the extra 'fast' is not installed")

from syntagma.structures.kernels.cpu.threads import WORTH_A_THREAD, over_rows


@pytest.fixture
def three_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("three_threads")
def test_much_work_is_divided_in_order() -> None:
    assert over_rows(lambda first, last: (first, last), 10, 10 * WORTH_A_THREAD) == [(0, 3), (3, 6), (6, 10)]
    assert over_rows(lambda first, last: (first, last), 2, 10 * WORTH_A_THREAD) == [(0, 1), (1, 2)]
    assert len(set(over_rows(lambda *_: threading.get_ident(), 3, 10 * WORTH_A_THREAD))) > 1


@pytest.mark.usefixtures("three_threads")
def test_little_work_stays_in_this_thread() -> None:
    assert over_rows(lambda first, last: (first, last), 10, WORTH_A_THREAD / 2) == [(0, 10)]
    assert over_rows(lambda first, last: (first, last), 0, 0) == [(0, 0)]


@pytest.mark.usefixtures("three_threads")
def test_an_error_in_a_thread_is_the_callers() -> None:
    def fail_late(first: int, last: int) -> None:
        if first:
            raise ValueError(first)

    with pytest.raises(ValueError, match="3"):
        over_rows(fail_late, 10, 10 * WORTH_A_THREAD)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_computes_after_its_parent_has() -> None:
    """As a data loader's workers do. In a process of its own, which a deadlock would not take the tests with."""
    code = """
        import os, torch
        from syntagma.structures import LinearChain
        torch.set_num_threads(2)
        torch.manual_seed(0)
        chain = lambda: LinearChain(scores, table)
        scores, table = torch.randn(64, 120, 32).requires_grad_(True), torch.randn(32, 32)
        expected = torch.autograd.grad(chain().log_partition().sum(), scores)[0]
        child = os.fork()
        if child == 0:
            found = chain()._sweep.gradient(torch.ones(64)).emissions
            os._exit(0 if torch.equal(found, expected) else 1)
        raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
