"""Products with weights in every format, in plain torch and compiled, against float64 products of the dense matrix."""

from __future__ import annotations

import copy
from typing import get_args

import pytest
import torch
from torch import Tensor

from syntagma.errors import ModelError
from syntagma.language_models.weights import Format, Weight, pack
from syntagma.structures.kernels.dispatch import Kernel, use_kernel

FORMATS = get_args(Format)
PRECISIONS = (torch.float32, torch.bfloat16)
ROUNDING = {torch.float32: 3e-6, torch.bfloat16: 2**-8}


@pytest.fixture(params=["reference", "cpu"])
def kernel(request: pytest.FixtureRequest) -> Kernel:
    if request.param == "cpu":
        pytest.importorskip("numba", reason="numba is not installed")
    kernel: Kernel = request.param
    return kernel


def matrix(rows: int, columns: int, seed: int = 0) -> Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed)) * 0.05


def exact(x: Tensor, weight: Weight) -> Tensor:
    return x.double() @ weight.dense().double().T


def assert_close(found: Tensor, expected: Tensor) -> None:
    assert found.shape == expected.shape
    largest = float(expected.abs().max()) if expected.numel() else 0.0
    torch.testing.assert_close(found.double(), expected, rtol=ROUNDING[found.dtype], atol=2e-6 * largest)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (7, 24), (33, 80), (50, 48), (70, 577), (64, 128)])
def test_products_of_any_size_are_right(
    format: Format, dtype: torch.dtype, rows: int, columns: int, kernel: Kernel
) -> None:
    weight = pack(matrix(rows, columns), format)
    with use_kernel(kernel):
        for inputs in (0, 1, 2, 3, 5, 9, 16, 17, 100):
            x = matrix(inputs, columns, seed=inputs + 1).to(dtype)
            result = weight(x)
            assert result.dtype == dtype
            assert_close(result, exact(x, weight))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("dtype", PRECISIONS)
def test_an_input_has_one_result_whatever_it_shares_a_batch_with(
    format: Format, dtype: torch.dtype, kernel: Kernel
) -> None:
    weight, x = pack(matrix(48, 320), format), matrix(40, 320, seed=1).to(dtype)
    with use_kernel(kernel):
        alone = torch.cat([weight(x[row : row + 1]) for row in range(len(x))])
        for inputs in (2, 3, 4, 7, 8, 13, 16, 17, 40):
            together = weight(x[:inputs])
            largest = float(alone.abs().max())
            torch.testing.assert_close(together, alone[:inputs], rtol=ROUNDING[dtype], atol=2e-6 * largest)


@pytest.mark.parametrize("format", FORMATS)
def test_compiled_products_are_those_of_plain_torch(format: Format) -> None:
    pytest.importorskip("numba", reason="numba is not installed")
    weight, x = pack(matrix(100, 200), format), matrix(6, 200, seed=1)
    with use_kernel("reference"):
        plain = weight(x)
    with use_kernel("cpu"):
        torch.testing.assert_close(weight(x), plain, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("format", FORMATS)
def test_inputs_may_have_any_shape_and_lie_anyhow(format: Format, kernel: Kernel) -> None:
    weight, x = pack(matrix(20, 64), format), matrix(64, 30, seed=1)
    with use_kernel(kernel):
        assert_close(weight(x.T), exact(x.T, weight))
        assert_close(weight(x[:, 3]), exact(x[:, 3], weight))
        assert_close(weight(x.T.reshape(2, 5, 3, 64)), exact(x.T, weight).view(2, 5, 3, 20))
        assert_close(weight(x.T[::7]), exact(x.T[::7], weight))
        assert weight(torch.zeros(2, 0, 64)).shape == (2, 0, 20)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("broken", [torch.nan, torch.inf])
def test_what_is_not_a_number_stays_in_its_row(
    format: Format, dtype: torch.dtype, broken: float, kernel: Kernel
) -> None:
    weight, x = pack(matrix(20, 70), format), matrix(5, 70, seed=1).to(dtype)
    with use_kernel(kernel):
        whole = weight(x)
        x[2, 69] = broken
        found = weight(x)
    assert not found[2].isfinite().any()
    torch.testing.assert_close(found[[0, 1, 3, 4]], whole[[0, 1, 3, 4]], rtol=0, atol=0)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("dtype", PRECISIONS)
def test_two_threads_compute_what_one_does(format: Format, dtype: torch.dtype) -> None:
    pytest.importorskip("numba", reason="numba is not installed")
    weight, x = pack(matrix(700, 256), format), matrix(3, 256, seed=1).to(dtype)
    before = torch.get_num_threads()
    with use_kernel("cpu"):
        try:
            torch.set_num_threads(1)
            alone = weight(x)
            torch.set_num_threads(3)
            for _ in range(200):
                assert torch.equal(weight(x), alone)
        finally:
            torch.set_num_threads(before)


@pytest.mark.parametrize("format", FORMATS)
def test_a_weight_that_was_moved_or_copied_is_read_where_it_is(format: Format, kernel: Kernel) -> None:
    weight, x = pack(matrix(40, 64), format), matrix(2, 64, seed=1)
    with use_kernel(kernel):
        before = weight(x)
        other = copy.deepcopy(weight)
        for buffer in weight.buffers():
            buffer.zero_()
        assert torch.equal(other(x), before)
        assert not weight(x).any()


@pytest.mark.parametrize("format", FORMATS)
def test_inputs_learn_through_a_weight(format: Format, kernel: Kernel) -> None:
    weight, x = pack(matrix(10, 40), format), matrix(3, 40, seed=1).requires_grad_()
    with use_kernel(kernel):
        weight(x).square().sum().backward()
    expected = 2 * (x.detach() @ weight.dense().T) @ weight.dense()
    torch.testing.assert_close(x.grad, expected, rtol=1e-4, atol=1e-6)


def test_inputs_of_another_width_are_named() -> None:
    with pytest.raises(ModelError, match=r"inputs \[2, 31\] for a weight of 32 columns"):
        pack(matrix(4, 32), "bf16")(torch.zeros(2, 31))
