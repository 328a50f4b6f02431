"""The local engine keeps the contract, with one worker and with two, with much memory and with little."""

import pytest

from curation.engine.base import Engine
from curation.engine.local import LocalEngine
from curation.engine.testing import EngineContract


class TestLocal(EngineContract):
    @pytest.fixture(params=["1 worker", "2 workers", "little memory"])
    def engine(self, request: pytest.FixtureRequest) -> Engine:
        engines = {
            "1 worker": LocalEngine(),
            "2 workers": LocalEngine(workers=2),
            "little memory": LocalEngine(memory_bytes=2000),
        }
        return engines[request.param]
