"""Fates: the first rule that fails, in recipe order; the first fate stays; scopes."""

from __future__ import annotations

import math
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from curation.work.fate import FATE, first_fate, in_scope, judge, no_fate
from curation.work.rule import Rule

values = st.none() | st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 0.0, 1.0, 2.0]) | st.integers(-2, 2)
rules = st.builds(
    Rule,
    name=st.sampled_from(["r1", "r2", "r3"]),
    signal=st.sampled_from(["a", "b"]),
    drops=st.sampled_from(["below", "above"]),
    threshold=st.sampled_from([-1, 0, 1.5, math.inf]),
)
rows = st.lists(st.tuples(values, values, st.booleans()), max_size=12)
fates = st.fixed_dictionaries(
    {
        "fate_stage": st.none() | st.sampled_from(["s1", "s2"]),
        "fate_rule": st.none() | st.sampled_from(["r1", "r2"]),
        "fate_value": st.none() | st.floats(allow_nan=False),
        "fate_threshold": st.none() | st.floats(allow_nan=False),
        "duplicate_of": st.none() | st.just("id"),
    }
)


def fails(value: float | None, drops: Literal["below", "above"], threshold: float) -> bool:
    if value is None or math.isnan(value):
        return False
    return value < threshold if drops == "below" else value > threshold


@given(rows, st.lists(rules, max_size=4))
def test_the_first_rule_that_fails_is_recorded(rows: list[tuple[float, float, bool]], chain: list[Rule]) -> None:
    signals = {
        "a": pa.array([row[0] for row in rows], pa.float64()),
        "b": pa.array([row[1] for row in rows], pa.float64()),
    }
    alive = np.array([row[2] for row in rows], dtype=bool)
    expected = []
    for a, b, lives in rows:
        fate = dict.fromkeys(FATE.names)
        for rule in chain:
            value = {"a": a, "b": b}[rule.signal]
            if lives and fails(value, rule.drops, rule.threshold):
                fate |= {"fate_stage": "step", "fate_rule": rule.name}
                fate |= {"fate_value": value, "fate_threshold": rule.threshold}
                break
        expected.append(fate)
    found = judge("step", tuple(chain), signals, alive)
    assert pa.table(found, schema=FATE).to_pylist() == expected


def test_signals_may_be_of_any_number_type() -> None:
    signals = {"a": pa.array([1, None, 3], pa.int32()), "b": pa.array([True, None, False])}
    chain = (Rule("big", "a", "above", 2), Rule("true", "b", "above", 0.5))
    assert judge("s", chain, signals, np.ones(3, dtype=bool))["fate_rule"].to_pylist() == ["true", None, "big"]


@given(st.lists(st.tuples(fates, fates), max_size=8))
def test_the_first_fate_stays(pairs: list[tuple[dict[str, object], dict[str, object]]]) -> None:
    earlier, later = (
        {name: pa.array([p[i][name] for p in pairs], FATE.field(name).type) for name in FATE.names} for i in (0, 1)
    )
    found = pa.table(first_fate(earlier, later), schema=FATE).to_pylist()
    assert found == [first if first["fate_rule"] is not None else second for first, second in pairs]


def test_no_fate_is_null_everywhere() -> None:
    assert pa.table(no_fate(2), schema=FATE).to_pylist() == [dict.fromkeys(FATE.names)] * 2


patterns = st.lists(st.sampled_from(["*", "code/*", "code/?", "web", "[cw]*", "**", ""]), max_size=3)
domains = st.lists(st.none() | st.sampled_from(["code/c", "code/python", "web", "", "Code/c"]), max_size=10)


@given(patterns, domains, st.integers(0, 3))
def test_scopes(patterns: list[str], domains: list[str | None], offset: int) -> None:
    """`*` alone takes in rows without a domain."""
    expected = [
        "*" in patterns or (domain is not None and any(fnmatchcase(domain, pattern) for pattern in patterns))
        for domain in domains[offset:]
    ]
    column = pa.array(domains, pa.string()).slice(min(offset, len(domains)))
    assert in_scope(tuple(patterns), column).tolist() == expected
