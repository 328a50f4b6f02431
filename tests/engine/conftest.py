"""One Spark for all tests that need it: a JVM takes ten seconds to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from curation.engine.spark import SparkEngine

QUICK = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkEngine]:
    """An engine on two threads of this machine, with a session that ends with the tests."""
    pytest.importorskip("pyspark", reason="pip install 'mixwright[spark]'")
    from pyspark.sql import SparkSession

    engine = SparkEngine(master="local[2]", config=QUICK)
    yield engine
    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()
