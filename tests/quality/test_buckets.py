"""Buckets against the definition: sort a domain, add up bytes, take the place of the middle."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.core.errors import BadInput
from curation.core.hashing import random_stream
from curation.engine.local import LocalEngine
from curation.ops.buckets import Percentiles
from curation.ops.gopher_quality import gopher_signals
from curation.work.workset import PART, ROW
from tests.support.curated_texts import Row, TextSplit, input_rows, pool_bytes, read_pool, run_curate, split_of, steps

NEVER = {"min_words": 0, "min_mean_word_length": 0, "max_symbol_ratio": 9, "min_alpha_words": 0, "min_stop_words": 0}
MEASURE = ("gopher_quality", {**NEVER, "only": ["a*", "b"]})
BY = "gopher.mean_word_length"


def chain(count: int, **parameters: object) -> tuple[object, ...]:
    return steps(MEASURE, ("buckets", {"count": count, "by": BY, **parameters}))


def expected(rows: list[Row], count: int) -> dict[str, int]:
    """The bucket of every id, by the definition."""
    buckets = {row["id"]: 0 for row in rows}
    for domain in {row["domain"] for row in rows} & {"a", "aa", "b"}:
        of_domain = [row for row in rows if row["domain"] == domain]
        of_domain.sort(key=lambda row: (gopher_signals(row["text"])["mean_word_length"], row["id"]))
        sizes = [len(row["text"].encode()) for row in of_domain]
        for number, row in enumerate(of_domain):
            if sum(sizes):
                place = count * (2 * sum(sizes[:number]) + sizes[number]) // (2 * sum(sizes))
                buckets[row["id"]] = min(place, count - 1)
    return buckets


def found(out: Path) -> dict[str, int]:
    return {row["id"]: row["bucket"] for row in read_pool(out)["documents"]}


def random_splits(seed: int, n: int = 150) -> list[TextSplit]:
    stream = random_stream(seed, "buckets test")
    domains = ["a", "aa", "b", "c", None]

    def document() -> tuple[str, str | None]:
        words = ["x" * int(stream.integers(1, 9)) for _ in range(int(stream.integers(0, 30)))]
        return " ".join(words), domains[int(stream.integers(5))]

    return [split_of(number, [document() for _ in range(size)]) for number, size in enumerate((n // 2, 0, n // 2))]


@pytest.mark.parametrize("count", [1, 2, 7, 20, 1000])
def test_buckets_are_those_of_the_definition(tmp_path: Path, count: int) -> None:
    splits = random_splits(count)
    run_curate(tmp_path, splits, chain(count))
    assert found(tmp_path) == expected(input_rows(splits), count)


TEXTS = st.lists(
    st.tuples(st.sampled_from(["", "x", "xx y", "a b c", "\u00e9\u00e9"]), st.sampled_from(["a", "b", None])),
    max_size=12,
)


@settings(max_examples=25)
@given(TEXTS, st.integers(1, 5))
def test_ties_and_empty_texts(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str | None]], count: int
) -> None:
    out, splits = tmp_path_factory.mktemp("pool"), [split_of(0, texts)]
    run_curate(out, splits, chain(count), partitions=2)
    assert found(out) == expected(input_rows(splits), count)


def test_equal_values_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    splits = [split_of(0, [("same words", "a")] * 40)]
    run_curate(tmp_path, splits, chain(10))
    ids = sorted(row["id"] for row in input_rows(splits))
    assert found(tmp_path) == {name: place // 4 for place, name in enumerate(ids)}


def test_an_empty_text_behind_all_others_is_in_the_last_bucket() -> None:
    columns = {
        "domain": pa.array(["a", "a", "b"]),
        "n_bytes": pa.array([10, 0, 0]),
        PART: pa.array([0, 0, 0], pa.int32()),
        ROW: pa.array([0, 1, 2]),
    }
    (rows,) = Percentiles(4, (("a", 10), ("b", 0)))(iter([pa.RecordBatch.from_pydict(columns)]))
    assert rows.column("bucket").to_pylist() == [2, 3, 0]


def test_one_document_is_in_the_middle(tmp_path: Path) -> None:
    splits = [split_of(0, [("some words", "a"), ("not measured", "c"), ("no domain", None)])]
    run_curate(tmp_path, splits, chain(20))
    assert [row["bucket"] for row in read_pool(tmp_path)["documents"]] == [10, 0, 0]


def test_documents_that_are_not_measured_are_in_bucket_0_and_do_not_count(tmp_path: Path) -> None:
    measured = [(f"{'x' * n} y", "a") for n in range(1, 31)]
    run_curate(tmp_path / "alone", [split_of(0, measured)], chain(5))
    only = ("gopher_quality", {**NEVER, "only": ["a"]})
    splits = [split_of(0, measured), split_of(1, [("z" * 500, "c")] * 9)]
    run_curate(tmp_path / "beside", splits, steps(only, ("buckets", {"count": 5, "by": BY})))
    alone, beside = found(tmp_path / "alone"), found(tmp_path / "beside")
    assert {name: beside[name] for name in alone} == alone
    assert {bucket for name, bucket in beside.items() if name not in alone} == {0}


def test_documents_that_are_dropped_do_not_count(tmp_path: Path) -> None:
    splits = random_splits(3)
    run_curate(tmp_path, splits, steps(MEASURE, ("exact_dedup", {}), ("buckets", {"count": 6, "by": BY})))
    pool = read_pool(tmp_path)
    dropped = {row["id"] for row in pool["rejected"]}
    assert dropped
    assert found(tmp_path) == expected([row for row in input_rows(splits) if row["id"] not in dropped], 6)


def test_every_bucket_holds_its_share_of_bytes(tmp_path: Path) -> None:
    splits = random_splits(4, 600)
    run_curate(tmp_path, splits, chain(4))
    rows = [row for row in read_pool(tmp_path)["documents"] if row["domain"] == "b"]
    longest, total = max(row["n_bytes"] for row in rows), sum(row["n_bytes"] for row in rows)
    for bucket in range(4):
        assert abs(sum(row["n_bytes"] for row in rows if row["bucket"] == bucket) - total / 4) <= longest


def test_a_step_with_only_sets_the_buckets_of_its_domains(tmp_path: Path) -> None:
    splits = random_splits(5)
    both = steps(
        MEASURE,
        ("buckets", {"count": 9, "by": BY}),
        ("buckets", {"name": "finer", "count": 30, "by": BY, "only": ["a"]}),
    )
    run_curate(tmp_path, splits, both)
    rows = input_rows(splits)
    nine, thirty = expected(rows, 9), expected(rows, 30)
    assert found(tmp_path) == {row["id"]: (thirty if row["domain"] == "a" else nine)[row["id"]] for row in rows}


@pytest.mark.parametrize(("partitions", "memory_bytes"), [(1, 1), (4, 2000)])
def test_workers_partitions_and_memory_do_not_matter(
    tmp_path: Path, partitions: int, memory_bytes: int, two_workers: None
) -> None:
    splits = random_splits(6)
    run_curate(tmp_path / "plain", splits, chain(20))
    engine = LocalEngine(workers=2, memory_bytes=memory_bytes)
    run_curate(tmp_path / "other", splits, chain(20), partitions=partitions, engine=engine)
    assert pool_bytes(tmp_path / "other") == pool_bytes(tmp_path / "plain")


def test_how_documents_are_split_does_not_matter(tmp_path: Path) -> None:
    """A batch is cut anywhere in a domain: buckets go on where the batch before ended."""
    texts = [(f"{'x' * (n % 7 + 1)} {'y' * (n % 5)}", "ab"[n % 2]) for n in range(30)]
    whole = [split_of(0, texts)]
    for size in (1, 7):
        out = tmp_path / str(size)
        parts = [TextSplit("memory", whole[0].documents[i : i + size]) for i in range(0, 30, size)]
        run_curate(out, parts, chain(8))
        assert found(out) == expected(input_rows(whole), 8)


def test_any_number_can_be_ordered_by(tmp_path: Path) -> None:
    splits = [split_of(0, [("x" * n, "c") for n in (5, 1, 3)])]
    run_curate(tmp_path, splits, steps(("buckets", {"count": 9, "by": "n_bytes"})))
    assert [row["bucket"] for row in read_pool(tmp_path)["documents"]] == [6, 0, 2]


@pytest.mark.parametrize(
    ("by", "said"),
    [("quality.margin", "put the step"), ("gopher.mean_word_lenght", "order by `gopher.mean_word_length`")],
)
def test_a_signal_that_no_earlier_step_measures_is_told_before_anything_runs(
    tmp_path: Path, by: str, said: str
) -> None:
    with pytest.raises(BadInput, match="no step before it measures") as refused:
        run_curate(tmp_path, [], steps(MEASURE, ("buckets", {"by": by, "name": "late"})))
    assert refused.value.where == "step `late`"
    assert said in (refused.value.fix or "")
    assert not list(tmp_path.iterdir())


def test_a_step_that_measures_it_later_does_not_help(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no step before it measures"):
        run_curate(tmp_path, [], steps(("buckets", {"by": BY}), MEASURE))
