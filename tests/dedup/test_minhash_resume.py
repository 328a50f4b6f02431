"""A run that is interrupted goes on where it was, and its pool is that of a run which was not."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.dedup.minhash_candidates import BandRows, DistinctPairs, PairsOfBuckets
from curation.dedup.minhash_survivors import KeepPreferred, RankByPreference
from curation.dedup.minhash_verify import MeasurePairs, ShingleSets
from curation.engine.operators import Map, Stream
from tests.support.curated_texts import pool_bytes, run_curate, split_of, steps
from tests.support.near_duplicates import planted

CHAIN = steps(("exact_dedup", {}), ("minhash_dedup", {"ngram": 3, "bands": 20, "rows": 5}))
TEXTS = planted(21, 200, 3)
SPLITS = [split_of(i, [(text, "web") for text in TEXTS[50 * i : 50 * i + 50]]) for i in range(4)]


class Interrupted(Exception):
    """Somebody pressed a key."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed")
    run_curate(out, SPLITS, CHAIN)
    return pool_bytes(out)


@pytest.mark.parametrize(
    "operator", [BandRows, PairsOfBuckets, DistinctPairs, ShingleSets, MeasurePairs, RankByPreference, KeepPreferred]
)
def test_an_interrupted_run_goes_on(
    tmp_path: Path, operator: type[Map | Stream], undisturbed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    original = operator.__call__

    def interrupted(self: Map | Stream, batches: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise Interrupted
        return original(self, batches)  # type: ignore[arg-type]

    monkeypatch.setattr(operator, "__call__", interrupted)
    with pytest.raises(Interrupted):
        run_curate(tmp_path, SPLITS, CHAIN)
    run_curate(tmp_path, SPLITS, CHAIN)
    assert pool_bytes(tmp_path) == undisturbed


def test_what_was_finished_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted at the survivors, the run reads no text again."""
    with monkeypatch.context() as broken:
        broken.setattr(KeepPreferred, "__call__", _fail)
        with pytest.raises(Interrupted):
            run_curate(tmp_path, SPLITS, CHAIN)
    for operator in (BandRows, PairsOfBuckets, DistinctPairs, ShingleSets, MeasurePairs):
        monkeypatch.setattr(operator, "__call__", _fail)
    run_curate(tmp_path, SPLITS, CHAIN)


def _fail(*_: object) -> None:
    raise Interrupted
