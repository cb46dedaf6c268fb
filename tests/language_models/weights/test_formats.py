"""How close each format comes to a matrix, and how it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from syntagma.errors import ModelError
from syntagma.language_models.weights import Format, pack, restore
from syntagma.structures.kernels.dispatch import use_kernel

FORMATS = get_args(Format)
BITS = {"fp32": 32.0, "bf16": 16.0, "int8": 8.25, "int4": 5.0}


def gaussian(rows: int, columns: int) -> Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(0))


def relative_error(dense: Tensor, format: Format) -> float:
    return float((pack(dense, format).dense() - dense).norm() / dense.norm())


@pytest.mark.parametrize(("format", "bound"), [("fp32", 0.0), ("bf16", 0.002), ("int8", 0.0062), ("int4", 0.0735)])
def test_a_gaussian_matrix_is_kept_closely(format: Format, bound: float) -> None:
    for scale in (1e-6, 1.0, 1e6):
        assert relative_error(gaussian(64, 1024) * scale, format) <= bound


@pytest.mark.parametrize("format", FORMATS)
def test_bits_of_a_weight(format: Format) -> None:
    assert pack(gaussian(64, 256), format).nbytes * 8 / (64 * 256) == BITS[format]


def test_four_bits_are_closer_than_by_the_range_of_a_group() -> None:
    groups = gaussian(500, 32)
    low, high = groups.aminmax(dim=1, keepdim=True)
    step = (high - low) / 15
    by_range = low + ((groups - low) / step).round() * step
    assert relative_error(groups, "int4") < 0.93 * float((by_range - groups).norm() / groups.norm())


def test_the_compiled_search_finds_what_the_other_does() -> None:
    pytest.importorskip("numba", reason="numba is not installed")
    dense = torch.cat([gaussian(300, 192), torch.full((1, 192), 0.7), torch.zeros(1, 192), gaussian(2, 192) * 1e-12])
    with use_kernel("reference"):
        plain = pack(dense, "int4").dense()
    with use_kernel("cpu"):
        compiled = pack(dense, "int4").dense()
    assert torch.equal(compiled[300:302], plain[300:302])
    errors = [(found - dense)[:300].norm() for found in (plain, compiled)]
    torch.testing.assert_close(errors[0], errors[1], rtol=2e-3, atol=0)
    assert float((compiled != plain).float().mean()) < 0.05
    assert float((compiled - dense)[302:].norm() / dense[302:].norm()) < 0.08


@pytest.mark.parametrize(("format", "tolerance"), [("fp32", 0.0), ("bf16", 0.0), ("int8", 2**-8), ("int4", 0.0)])
def test_matrices_that_are_flat_are_kept(format: Format, tolerance: float) -> None:
    for value in (0.0, 1.5, -0.25):
        flat = torch.full((3, 70), value)
        torch.testing.assert_close(pack(flat, format).dense(), flat, rtol=tolerance, atol=0)


def test_sixteen_levels_are_exact_in_four_bits() -> None:
    levels = torch.arange(16).repeat(4, 4)[:, torch.randperm(64, generator=torch.Generator().manual_seed(0))]
    assert torch.equal(pack((levels - 3) * 0.125, "int4").dense(), (levels - 3) * 0.125)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("columns", [24, 80, 128])
def test_rows_are_those_of_the_matrix(format: Format, columns: int) -> None:
    weight = pack(gaussian(37, columns), format)
    ids = torch.tensor([[0, 36], [5, -1]])
    assert torch.equal(weight.rows(ids), weight.dense()[ids])
    assert weight.rows(ids, torch.bfloat16).dtype == torch.bfloat16
    assert weight.rows(torch.zeros(0, dtype=torch.int64)).shape == (0, columns)
    with pytest.raises(IndexError):
        weight.rows(torch.tensor([37]))


@pytest.mark.parametrize("format", FORMATS)
def test_a_weight_goes_through_a_file_unchanged(format: Format, tmp_path: Path) -> None:
    weight = pack(gaussian(37, 80), format)
    save_file(weight.state_dict(), tmp_path / "weight.safetensors")
    again = restore(format, 37, 80, load_file(tmp_path / "weight.safetensors"))
    assert (again.format, again.out_features, again.in_features) == (format, 37, 80)
    assert torch.equal(again.dense(), weight.dense())
    for name, buffer in weight.state_dict().items():
        assert torch.equal(again.state_dict()[name], buffer)


@pytest.mark.parametrize("format", FORMATS)
def test_a_module_that_is_converted_leaves_its_weights_as_they_are(format: Format) -> None:
    weight = pack(gaussian(20, 40), format)
    before = weight.dense()
    weight.to(torch.float64).half().to("cpu")
    assert torch.equal(weight.dense(), before)


def test_what_cannot_be_packed_or_restored_is_named() -> None:
    with pytest.raises(ModelError, match=r"weight format 'int3'\. There are fp32, bf16, int8, int4"):
        pack(gaussian(2, 2), "int3")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=r"shape \[2, 2, 2\]"):
        pack(torch.zeros(2, 2, 2), "bf16")
    for format in ("int8", "int4"):
        with pytest.raises(ModelError, match="NaN or infinite"):
            pack(torch.tensor([[1.0, torch.nan]]), format)
    with pytest.raises(ModelError, match=r"made of \['values'\]. It needs \['numbers', 'scales'\]"):
        restore("int8", 4, 4, {"values": torch.zeros(4, 4)})
    with pytest.raises(ModelError, match=r"'values' of a weight of bf16 has the shape \[4, 5\]"):
        restore("bf16", 4, 4, {"values": torch.zeros(4, 5, dtype=torch.bfloat16)})


def test_a_weight_says_what_it_is() -> None:
    assert repr(pack(gaussian(20, 40), "int4")) == "Int4Weight(20 x 40, int4)"
