"""Cross entropy and z-loss against their definition in float64, value and gradients."""

from __future__ import annotations

import pytest
import torch

from trainer.loss import token_losses, training_loss

C = 0.01


def inputs(n: int, scale: float = 1.0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(n)
    hidden = torch.randn((1, n, 8), generator=generator) * scale
    output = torch.randn((50, 8), generator=generator)
    return hidden, output, torch.randint(0, 50, (1, n), generator=generator)


def defined(hidden: torch.Tensor, output: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The two parts of the loss, by the book: -log of the softmax at the target, and the log denominator squared."""
    logits = hidden.flatten(0, 1) @ output.t()
    denominator = logits.exp().sum(-1)
    chances = logits.exp() / denominator[:, None]
    cross_entropy = torch.stack([-chances[i, int(target)].log() for i, target in enumerate(targets.flatten())])
    return cross_entropy.mean(), denominator.log().square().mean()


@pytest.mark.parametrize("n", [1, 255, 256, 257, 600])
@pytest.mark.parametrize("z_loss", [0.0, C])
def test_value_and_gradients_are_those_of_the_definition(n: int, z_loss: float) -> None:
    hidden, output, targets = inputs(n)
    hidden.requires_grad_()
    output.requires_grad_()
    exact_hidden, exact_output = (x.detach().double().requires_grad_() for x in (hidden, output))
    cross_entropy, squares = defined(exact_hidden, exact_output, targets)
    exact = cross_entropy + z_loss * squares
    loss, measured = training_loss(hidden, output, targets, z_loss)
    assert float(loss.detach()) == pytest.approx(float(exact.detach()), rel=1e-6)
    assert float(measured) == pytest.approx(float(cross_entropy.detach()), rel=1e-6)
    (3 * loss).backward()
    (3 * exact).backward()
    for found, expected in ((hidden.grad, exact_hidden.grad), (output.grad, exact_output.grad)):
        assert found is not None
        assert expected is not None
        torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=1e-6)


def test_every_token_weighs_the_same() -> None:
    hidden, output, targets = inputs(700)
    whole = float(training_loss(hidden, output, targets, C)[0])
    parts = [training_loss(hidden[:, a:b], output, targets[:, a:b], C)[0] * (b - a) for a, b in ((0, 90), (90, 700))]
    assert float(sum(parts)) / 700 == pytest.approx(whole, rel=1e-6)


def test_logits_of_any_size_give_finite_losses() -> None:
    hidden, output, targets = inputs(300, scale=1e4)
    hidden.requires_grad_()
    loss, cross_entropy = training_loss(hidden, output, targets, 0.0)
    loss.backward()
    expected = torch.nn.functional.cross_entropy((hidden.detach().double() @ output.double().t())[0], targets[0])
    assert float(cross_entropy) == pytest.approx(float(expected), rel=1e-5)
    assert hidden.grad is not None
    assert bool(torch.isfinite(hidden.grad).all())


def test_the_measured_cross_entropy_has_no_gradient() -> None:
    hidden, output, targets = inputs(5)
    hidden.requires_grad_()
    assert not training_loss(hidden, output, targets, C)[1].requires_grad


@pytest.mark.parametrize("n", [1, 256, 600])
def test_the_losses_of_tokens_average_to_the_cross_entropy(n: int) -> None:
    hidden, output, targets = inputs(n)
    losses = token_losses(hidden[0], output, targets[0])
    assert losses.shape == (n,)
    expected, _ = defined(hidden.double(), output.double(), targets)
    assert float(losses.mean()) == pytest.approx(float(expected), rel=1e-6)
