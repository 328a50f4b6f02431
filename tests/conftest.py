"""Fixtures of all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# machines are shared: how long an example takes says nothing
settings.register_profile("mixwright", deadline=None)
settings.load_profile("mixwright")

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the files of tests/golden anew")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the checkout, or the one that MIXWRIGHT_SHARED_DATA names."""
    folder = Path(os.environ.get("MIXWRIGHT_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "SOURCES.md").exists():
        pytest.skip(f"no real data at {folder}; set MIXWRIGHT_SHARED_DATA to its folder")
    return folder
