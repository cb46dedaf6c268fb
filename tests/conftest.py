"""Settings and fixtures that every test shares."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

# Two test processes on two cores: one thread each. Set before torch is imported, and inherited by subprocesses.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest
from hypothesis import settings

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("syntagma", deadline=None, derandomize=IN_CI, print_blob=True)
settings.load_profile("syntagma")


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's folder: README.md, examples/, recipes. Without `src` when the installed wheel is tested."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of corpora that lies beside the repository, or in $SYNTAGMA_SHARED; tests never copy from it."""
    shared = Path(os.environ.get("SYNTAGMA_SHARED") or ROOT.parent / "shared")
    data = shared / "data"
    if data.is_dir():
        return data
    reason = f"no corpora at {data} (set SYNTAGMA_SHARED to the folder that holds data/)"
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module", params=["reference", "cpu"])
def every_kernel(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each kernel that runs on the processor, one after another, for all that is computed meanwhile."""
    if request.param == "cpu":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    from syntagma.structures.kernels.dispatch import use_kernel

    with use_kernel(request.param):
        yield request.param


@contextmanager
def _no_file_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def tight_disk() -> Callable[[int], AbstractContextManager[None]]:
    """A real write error, as a full disk gives one: the system refuses to let any file grow past a size."""
    return _no_file_larger_than
