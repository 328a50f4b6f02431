"""The fate of documents: which rule dropped each, by what value, against what threshold.

Fates are columns beside the documents. A row whose `fate_rule` is null is alive. The first fate stays: what a later
step says of a row that is dropped already is not heard.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation.work.rule import Rule

FATE = pa.schema(
    [
        pa.field("fate_stage", pa.string()),
        pa.field("fate_rule", pa.string()),
        pa.field("fate_value", pa.float64()),
        pa.field("fate_threshold", pa.float64()),
        pa.field("duplicate_of", pa.string()),
    ]
)
HOLDOUT = "holdout"


def judge(
    stage: str, rules: tuple[Rule, ...], signals: dict[str, pa.Array], alive: npt.NDArray[np.bool_]
) -> dict[str, pa.Array]:
    """The fates that a step's rules give to the rows that are alive: the first rule that fails, or null.

    Args:
        stage: the step's label.
        rules: tried in order.
        signals: the step's measured columns, of one length; null where not measured.
        alive: rows that may still be dropped.
    """
    n = len(alive)
    rule_of = np.full(n, -1, dtype=np.int64)
    value = np.full(n, np.nan)
    threshold = np.full(n, np.nan)
    for number, rule in enumerate(rules):
        measured = as_floats(signals[rule.signal])
        with np.errstate(invalid="ignore"):
            hit = alive & (rule_of < 0) & rule.fails(measured)
        rule_of[hit] = number
        value[hit] = measured[hit]
        threshold[hit] = rule.threshold
    dropped = rule_of >= 0
    names = np.array([rule.name for rule in rules] + [""], dtype=object)[rule_of]
    labels = np.full(n, stage, dtype=object)
    return {
        "fate_stage": pa.array(labels, pa.string(), mask=~dropped),
        "fate_rule": pa.array(names, pa.string(), mask=~dropped),
        "fate_value": pa.array(value, pa.float64(), mask=~dropped),
        "fate_threshold": pa.array(threshold, pa.float64(), mask=~dropped),
        "duplicate_of": pa.nulls(n, pa.string()),
    }


def first_fate(earlier: dict[str, pa.Array], later: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Both fates joined row by row: the earlier one where there is one."""
    dropped = pc.is_valid(earlier["fate_rule"])
    return {name: pc.if_else(dropped, earlier[name], later[name]) for name in FATE.names}


def no_fate(n_rows: int) -> dict[str, pa.Array]:
    """Everyone alive."""
    return {field.name: pa.nulls(n_rows, field.type) for field in FATE}


def in_scope(patterns: tuple[str, ...], domains: pa.Array) -> npt.NDArray[np.bool_]:
    """Which rows have a domain that one of the patterns matches; `*` matches rows without a domain too."""
    if "*" in patterns:
        return np.ones(len(domains), dtype=bool)
    encoded = domains.dictionary_encode()
    hits = [any(fnmatchcase(name, pattern) for pattern in patterns) for name in encoded.dictionary.to_pylist()]
    codes = encoded.indices.fill_null(len(hits)).to_numpy(zero_copy_only=False)
    matched: npt.NDArray[np.bool_] = np.array([*hits, False], dtype=bool)[codes]
    return matched


def as_floats(column: pa.Array) -> npt.NDArray[np.float64]:
    """A column of numbers as float64, null as NaN."""
    values: npt.NDArray[np.float64] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values
