"""`mix why` and `mix whence` on the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from curation.core.units import format_count
from curation.pipeline.fates import Fate
from recipes.lineage.whence import whence as find_whence
from recipes.lineage.why import Why
from recipes.lineage.why import why as find_why


def why(name: str, run: Path | None, out: Path, *, as_json: bool) -> None:
    """Print what became of a document."""
    runs = [run] if run is not None else sorted(path for path in out.glob("*") if path.is_dir())
    found = find_why(name, runs)
    if as_json:
        print(json.dumps({"schema": 1, "kind": "why", "documents": [_why_json(one) for one in found]}, indent=1))
        return
    print("\n\n".join("\n".join(_why_lines(one)) for one in found))


def whence(address: str, *, as_json: bool) -> None:
    """Print where a token comes from."""
    found = find_whence(address)
    row = found.row
    if as_json:
        told = {
            "schema": 1, "kind": "whence", "token_id": found.token_id, "token": found.token, "before": found.before,
            "after": found.after, "offset": found.offset, "document": asdict(row),
            "pool": found.fate and str(found.fate.pool),
        }  # fmt: skip
        print(json.dumps(told, indent=1, ensure_ascii=False))
        return
    print(f"token     {found.token_id} {found.token!r}, number {found.offset} of {row.end - row.start} in this piece")
    print(f"text      {found.before!r} >>{found.token!r}<< {found.after!r}")
    print(f"document  {row.id}, copy {row.copy}")
    print(f"source    {row.source}, {row.location}")
    print(f"domain    {row.domain}, bucket {row.bucket}")
    if found.fate is not None:
        print(f"pool      {found.fate.pool}")
        for key in ("url", "date", "licence", "dup_count"):
            if found.fate.row.get(key) is not None:
                print(f"{key:<9} {found.fate.row[key]}")


def _why_lines(one: Why) -> list[str]:
    fate, row = one.fate, one.fate.row
    lines = [f"{row['id']}  {row['source']}, {row['location']}, row {row['row']}", f"  {_verdict(fate)}"]
    if fate.state != "rejected":
        lines.append(f"  domain {row['domain']}, bucket {row['bucket']}, stands for {row['dup_count']} documents")
    lines += _judgement_lines(fate)
    if fate.state == "kept":
        places = [f"{e.stage}/{e.part}:{e.row.start} to {e.row.end}, copy {e.row.copy}" for e in one.emitted]
        lines.append(f"  emitted {format_count(len(places))} times" + (":" if places else ""))
        lines += [f"    {one.run}/{place}" for place in places[:20]]
        if len(places) > 20:
            lines.append(f"    and {len(places) - 20} more")
    return lines


def _judgement_lines(fate: Fate) -> Iterator[str]:
    width = max((len(f"{j.step}.{j.rule.name}") for j in fate.judgements), default=0)
    for step, group in groupby(fate.judgements, key=lambda judgement: judgement.step):
        judgements = list(group)
        if all(judgement.value is None for judgement in judgements):
            yield f"    {step}: not measured; it does not apply to this domain, or the document was gone before"
            continue
        for judgement in judgements:
            mark = {True: "ok", False: "FAILS", None: "not measured"}[judgement.passed]
            limit = f"{'>=' if judgement.rule.drops == 'below' else '<='} {judgement.rule.threshold:g}"
            value = "" if judgement.value is None else f"{judgement.value:g}"
            yield f"    {step + '.' + judgement.rule.name:<{width}}  {value:>12}  {limit:<12} {mark}"


def _verdict(fate: Fate) -> str:
    row = fate.row
    if fate.state != "rejected":
        return f"{fate.state} in {fate.pool}"
    numbers = ""
    if row["value"] is not None:
        numbers = f": {row['value']:g}, the threshold is {row['threshold']:g}"
    other = f", duplicate of {row['duplicate_of']}" if row["duplicate_of"] else ""
    return f"rejected by {row['rule']}{numbers}{other}, in {fate.pool}"


def _why_json(one: Why) -> dict[str, Any]:
    row = {key: value for key, value in one.fate.row.items() if key != "text"}
    return {
        "run": str(one.run),
        "stage": one.stage,
        "state": one.fate.state,
        "document": row,
        "signals": one.fate.signals,
        "judgements": [
            {
                "step": j.step, "rule": j.rule.name, "value": j.value, "drops": j.rule.drops,
                "threshold": j.rule.threshold, "passed": j.passed,
            }
            for j in one.fate.judgements
        ],
        "emitted": [{"stage": e.stage, "part": e.part, **asdict(e.row)} for e in one.emitted],
    }  # fmt: skip
