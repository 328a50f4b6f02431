"""The norm and its gradient by hand."""

from __future__ import annotations

import pytest
import torch

from trainer.model.norm import RMSNorm

EPS = 1e-3


def defined(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return x / (x.square().mean(-1, keepdim=True) + EPS).sqrt() * weight


@pytest.mark.parametrize("shape", [(7,), (3, 7), (2, 3, 7)])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_value_and_gradients_are_those_of_the_definition(shape: tuple[int, ...], scale: float) -> None:
    generator = torch.Generator().manual_seed(1)
    norm = RMSNorm(7, EPS)
    norm.weight.data.uniform_(-2, 2, generator=generator)
    x = (torch.randn(shape, generator=generator) * scale).requires_grad_()
    upstream = torch.randn(shape, generator=generator)
    norm(x).backward(upstream)
    exact_x, exact_weight = x.detach().double().requires_grad_(), norm.weight.detach().double().requires_grad_()
    exact = defined(exact_x, exact_weight)
    exact.backward(upstream.double())
    torch.testing.assert_close(norm(x).detach().double(), exact.detach(), rtol=1e-5, atol=1e-6)
    for found, expected in ((x.grad, exact_x.grad), (norm.weight.grad, exact_weight.grad)):
        assert found is not None
        assert expected is not None
        torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))


def test_it_is_torchs_norm() -> None:
    x = torch.randn((5, 7), generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(RMSNorm(7, EPS)(x), torch.nn.functional.rms_norm(x, (7,), None, EPS))


def test_narrow_types_are_normed_in_float32_and_keep_their_type() -> None:
    x = torch.randn((5, 7), generator=torch.Generator().manual_seed(3)).bfloat16()
    norm = RMSNorm(7, EPS)
    assert norm(x).dtype == torch.bfloat16
    torch.testing.assert_close(norm(x), norm(x.float()).bfloat16())
