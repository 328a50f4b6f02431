"""Fixtures of all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from curation.engine.spark import SparkEngine

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


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkEngine]:
    """An engine on two threads of this machine: one for all tests, since a JVM takes ten seconds to start."""
    pytest.importorskip("pyspark", reason="pip install 'mixwright[spark]'")
    from pyspark.sql import SparkSession

    from curation.engine.spark import SparkEngine

    quick = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    yield SparkEngine(master="local[2]", config=quick)
    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()
