"""Products compiled for a processor without the widest registers are right too."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="numba is not installed")

PROGRAM = """
import torch
from syntagma.language_models.weights import pack
from syntagma.language_models.weights.cpu.lanes import HAS_PAIRS
from syntagma.structures.kernels.dispatch import use_kernel
assert not HAS_PAIRS
for format in ("fp32", "bf16", "int8", "int4"):
    weight = pack(torch.randn(40, 96), format)
    for dtype in (torch.float32, torch.bfloat16):
        for inputs in (1, 4, 16):
            x = torch.randn(inputs, 96).to(dtype)
            with use_kernel("cpu"):
                found = weight(x).double()
            torch.testing.assert_close(found, x.double() @ weight.dense().double().T, rtol=2**-8, atol=1e-4)
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the processor is not of this kind")
def test_products_compiled_for_an_older_processor(tmp_path: Path) -> None:
    older = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+sse4.2,+popcnt"}
    environment = {**os.environ, **older, "NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, env=environment)
