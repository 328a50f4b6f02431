"""The Spark engine keeps the contract, on two threads of this machine."""

import pytest

from curation.engine.base import Engine
from curation.engine.spark import SparkEngine
from curation.engine.testing import EngineContract


@pytest.mark.spark
class TestSpark(EngineContract):
    @pytest.fixture
    def engine(self, spark: SparkEngine) -> Engine:
        return spark
