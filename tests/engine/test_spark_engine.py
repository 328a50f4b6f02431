"""What Spark adds to the contract: sessions, journals of other engines, broken environments, workers that die."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from curation.core.errors import BadEnvironment, RunFailed
from curation.core.plugins import load_plugin
from curation.engine.base import collect
from curation.engine.local import LocalEngine
from curation.engine.operators import Map
from curation.engine.plan import Plan
from curation.engine.spark import SparkEngine, _Deliver, _frame
from curation.engine.testing import ROWS, Double, FirstOfRun, IgnoreRows, MemorySplit, WriteIds

PLAN = Plan((MemorySplit(1, 50), MemorySplit(2, 50)), ROWS)


@dataclass(frozen=True)
class Die(Map):
    """Ends the process that runs it."""

    @property
    def reads(self) -> tuple[str, ...]:
        return ()

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return schema

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        os._exit(3)


@pytest.mark.spark
@pytest.mark.parametrize("exchanged", [True, False])
def test_spark_goes_on_where_the_local_engine_stopped(spark: SparkEngine, tmp_path: Path, exchanged: bool) -> None:
    plan = PLAN.exchange("key", ("id",), partitions=2) if exchanged else PLAN
    sink, journal = WriteIds(str(tmp_path)), tmp_path / "journal"
    counts = LocalEngine().run(plan, sink, label="write", journal=str(journal))
    (journal / f"segment-{int(exchanged)}" / "task-00001.json").unlink()
    written = (tmp_path / "1.txt").read_bytes()
    assert spark.run(plan, sink, label="write", journal=str(journal)) == counts
    assert [(tmp_path / f"{p}.calls").read_text() for p in range(2)] == ["x", "xx"]
    assert (tmp_path / "1.txt").read_bytes() == written
    assert LocalEngine().run(plan, sink, label="write", journal=str(journal)) == counts
    assert (tmp_path / "1.calls").read_text() == "xx"


@pytest.mark.spark
def test_settings_of_the_users_session_neither_matter_nor_change(spark: SparkEngine) -> None:
    session = spark._session().newSession()
    theirs = {"spark.sql.adaptive.enabled": "true", "spark.sql.execution.arrow.useLargeVarTypes": "true"}
    for key, value in theirs.items():
        session.conf.set(key, value)
    plan = Plan((MemorySplit(1, 0),), ROWS).exchange("key", ("id",), partitions=3)
    assert SparkEngine(session=session).run(plan, IgnoreRows(), label="ignore") == [0, 1, 2]
    assert {key: session.conf.get(key) for key in theirs} == theirs


@pytest.mark.spark
def test_operators_between_exchanges_are_one_python_stage(spark: SparkEngine) -> None:
    plan = PLAN.map(Double()).map(Double()).exchange("key", ("id",), 2).map(Double()).stream(FirstOfRun())
    frame = _frame(spark._session(), plan, [0, 1], _Deliver(IgnoreRows(), None))
    physical = frame._jdf.queryExecution().executedPlan().toString()
    assert (physical.count("MapInArrow"), physical.count("Exchange"), physical.count("Sort ")) == (2, 1, 1)


@pytest.mark.spark
def test_a_worker_that_dies_fails_the_run(spark: SparkEngine) -> None:
    with pytest.raises(RunFailed, match="Python worker exited unexpectedly") as caught:
        collect(spark, PLAN.map(Die()), label="die")
    assert caught.value.where == "die"
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("missing", ["pyspark", "pandas"])
def test_without_its_packages_the_engine_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(BadEnvironment, match=missing) as caught:
        collect(SparkEngine(), PLAN)
    assert caught.value.fix == "pip install 'mixwright[spark]'"


@pytest.mark.spark
def test_without_java_the_engine_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "from curation.core.errors import BadEnvironment\n"
        "from curation.engine.spark import SparkEngine\n"
        "from curation.engine.testing import EngineContract, IgnoreRows\n"
        "try: SparkEngine('local[1]').run(EngineContract().plan(), IgnoreRows(), label='ignore')\n"
        "except BadEnvironment as error: print(error.fix)"
    )
    environment = {**os.environ, "JAVA_HOME": str(tmp_path / "nowhere")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert "install Java 17" in done.stdout, done.stderr


@pytest.mark.parametrize("module", ["curation.engine.local", "curation.engine.spark"])
def test_an_engine_is_imported_without_spark(module: str) -> None:
    code = f"import sys, {module}; print([name for name in sys.modules if name in ('pyspark', 'py4j', 'pandas')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("name", "engine"), [("local", LocalEngine), ("spark", SparkEngine)])
def test_engines_are_found_by_name(name: str, engine: type) -> None:
    assert load_plugin("mixwright.engines", name) is engine
