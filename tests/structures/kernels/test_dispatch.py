"""Which kernel does the work, and who may say otherwise."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from syntagma.errors import MissingExtraError, StructureError
from syntagma.structures import LinearChain
from syntagma.structures.kernels import dispatch
from syntagma.structures.kernels.dispatch import choose, use_kernel

SCORES = torch.zeros(1)
ELSEWHERE = torch.zeros(1, device="meta")


@pytest.fixture
def libraries(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What is installed, for the dispatcher; nothing has been imported, and nobody has asked for a kernel."""
    known = {"numba", "triton"}
    monkeypatch.setattr(dispatch, "_installed", known.__contains__)
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    monkeypatch.delenv("SYNTAGMA_KERNEL", raising=False)
    return known


def test_training_and_much_work_are_compiled(libraries: set[str]) -> None:
    assert choose(SCORES, 1, learns=True) == "cpu"
    assert choose(SCORES, 10**7, learns=False) == "cpu"
    assert choose(SCORES, 1, learns=False) == "reference"


def test_small_work_is_compiled_once_numba_is_there(libraries: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", sys)
    assert choose(SCORES, 1, learns=False) == "cpu"


def test_without_numba_or_on_other_devices_it_is_the_reference(libraries: set[str]) -> None:
    assert choose(ELSEWHERE, 10**7, learns=True) == "reference"
    libraries.clear()
    assert choose(SCORES, 10**7, learns=True) == "reference"


def test_a_block_and_a_variable_say_otherwise(libraries: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTAGMA_KERNEL", "reference")
    assert choose(SCORES, 10**7, learns=True) == "reference"
    with use_kernel("cpu"):
        assert choose(SCORES, 1, learns=False) == "cpu"
        with use_kernel("reference"):
            assert choose(SCORES, 10**7, learns=True) == "reference"
    assert choose(SCORES, 10**7, learns=True) == "reference"


def test_what_is_asked_for_in_vain(libraries: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StructureError, match=r"use_kernel asks for the kernel 'gpu'\. There are reference, cpu, cuda"):
        use_kernel("gpu").__enter__()  # type: ignore[arg-type]
    with use_kernel("cuda"), pytest.raises(StructureError, match="'cuda' was asked for, and the scores are on 'cpu'"):
        LinearChain(torch.zeros(1, 2, 2), torch.zeros(2, 2)).log_partition()
    with use_kernel("cpu"), pytest.raises(StructureError, match="Move the scores, or ask for 'reference'"):
        choose(ELSEWHERE, 1, learns=True)
    libraries.clear()
    with use_kernel("cpu"), pytest.raises(MissingExtraError, match="the kernel 'cpu' needs the extra 'fast'"):
        choose(SCORES, 1, learns=True)
    monkeypatch.setenv("SYNTAGMA_KERNEL", "fast")
    with pytest.raises(StructureError, match="SYNTAGMA_KERNEL asks for the kernel 'fast'"):
        choose(SCORES, 1, learns=True)


def test_decoding_one_sentence_imports_no_compiler() -> None:
    code = (
        "import sys, torch; from syntagma.structures import LinearChain;"
        "LinearChain(torch.zeros(1, 20, 5), torch.zeros(5, 5)).argmax(); assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
