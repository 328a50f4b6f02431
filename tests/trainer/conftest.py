"""Fixtures of the trainer's tests."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Results depend on the number of threads, and small models are no faster on more."""
    torch.set_num_threads(1)
