"""What a curate stage kept and what each of its rules removed, from the counts of a pool's manifest.

The manifest counts documents by the first rule that fails them. A rule is reached by the documents of its step's
domains that no earlier rule removed. Rules that removed nothing are not in the manifest: they come from the step
itself, which is made again from its parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from curation.core.errors import BadInput
from curation.pipeline.steps import make_step
from curation.work.fate import HOLDOUT
from curation.work.step import RowStep

NEARLY_ALL = 0.95
NO_DOMAIN = "(no domain)"


class Amount(NamedTuple):
    """Documents and their UTF-8 bytes."""

    documents: int = 0
    n_bytes: int = 0

    def plus(self, other: Amount) -> Amount:
        return Amount(self.documents + other.documents, self.n_bytes + other.n_bytes)

    def minus(self, other: Amount) -> Amount:
        return Amount(self.documents - other.documents, self.n_bytes - other.n_bytes)


@dataclass(frozen=True)
class RuleRemoval:
    """What one rule did.

    Args:
        rule: its name; `holdout` sets aside instead of removing.
        condition: when it removes a document, if that is known: `gopher.n_words < 40`.
        reached: documents of its domains that came to it.
        removed: documents that it took away.
    """

    rule: str
    condition: str
    reached: Amount
    removed: Amount

    @property
    def is_holdout(self) -> bool:
        return self.rule == HOLDOUT

    @property
    def mark(self) -> str:
        """What deserves a second look, in words."""
        if not self.reached.documents:
            return "nothing reached it"
        if not self.removed.documents:
            return "removed nothing"
        if self.removed.documents > NEARLY_ALL * self.reached.documents and not self.is_holdout:
            return f"removed over {NEARLY_ALL:.0%}"
        return ""


@dataclass(frozen=True)
class StepRemoval:
    """What one step did, to the documents of the domains it applies to."""

    step: str
    only: tuple[str, ...]
    rules: tuple[RuleRemoval, ...]

    @property
    def removed(self) -> Amount:
        return _sum(rule.removed for rule in self.rules if not rule.is_holdout)

    @property
    def held_out(self) -> Amount:
        return _sum(rule.removed for rule in self.rules if rule.is_holdout)


class DomainFate(NamedTuple):
    """What became of a domain's documents."""

    domain: str
    read: Amount
    kept: Amount
    held_out: Amount


@dataclass(frozen=True)
class Removals:
    """A curate stage in numbers: read = kept + held out + removed by the steps."""

    read: Amount
    kept: Amount
    held_out: Amount
    steps: tuple[StepRemoval, ...]
    domains: tuple[DomainFate, ...]


def removals_of(manifest: Mapping[str, Any]) -> Removals:
    """Count what a pool's manifest tells.

    Args:
        manifest: of a pool; its `counts` and `steps`.
    """
    rows = [_CountRow.of(row) for row in manifest["counts"]]
    alive = {domain: _sum(row.amount for row in rows if row.domain == domain) for domain in _domains(rows)}
    read = _sum(alive.values())
    cells: dict[tuple[str, str, str | None], Amount] = {}
    for row in rows:
        cells[row.cell] = cells.get(row.cell, Amount()).plus(row.amount)
    steps = []
    for outline in _outlines(manifest.get("steps", []), rows):
        done = []
        for rule in outline.rules:
            taken = {domain: cells.get((domain, outline.step, rule.rule), Amount()) for domain in alive}
            scope = [name for name in alive if _applies(outline.only, name) or taken[name].documents]
            reached, removed = _sum(alive[name] for name in scope), _sum(taken.values())
            done.append(replace(rule, reached=reached, removed=removed))
            alive = {domain: amount.minus(taken[domain]) for domain, amount in alive.items()}
        steps.append(replace(outline, rules=tuple(done)))
    kept = [row for row in rows if row.rule is None]
    held = [row for row in rows if row.rule == HOLDOUT]
    domains = tuple(
        DomainFate(
            domain or NO_DOMAIN,
            *(_sum(row.amount for row in some if row.domain == domain) for some in (rows, kept, held)),
        )
        for domain in alive
    )
    return Removals(read, _sum(r.amount for r in kept), _sum(r.amount for r in held), tuple(steps), domains)


class _CountRow(NamedTuple):
    domain: str
    step: str | None
    rule: str | None
    amount: Amount

    @staticmethod
    def of(row: Mapping[str, Any]) -> _CountRow:
        amount = Amount(row.get("documents") or 0, row.get("bytes") or 0)
        return _CountRow(row.get("domain") or "", row.get("step"), row.get("rule"), amount)

    @property
    def cell(self) -> tuple[str, str, str | None]:
        return self.domain, self.step or "", self.rule


def _outlines(configs: list[dict[str, Any]], rows: list[_CountRow]) -> list[StepRemoval]:
    """Steps with their rules and nothing counted: those of the recipe, after what was removed before any step."""
    counted: dict[str, list[str]] = {}
    for row in rows:
        if row.rule is not None and row.rule not in counted.setdefault(row.step or "", []):
            counted[row.step or ""].append(row.rule)
    outlines = []
    for config in configs:
        label = str(config.get("step"))
        rules = _rules_of(str(config.get("kind", label)), config)
        rules |= {rule: "" for rule in counted.get(label, []) if rule not in rules}
        outlines.append(_outline(label, tuple(config.get("only") or ("*",)), rules))
    known = {outline.step for outline in outlines}
    before = [_outline(step, ("*",), dict.fromkeys(names, "")) for step, names in counted.items() if step not in known]
    return [*before, *outlines]


def _outline(step: str, only: tuple[str, ...], rules: Mapping[str, str]) -> StepRemoval:
    return StepRemoval(step, only, tuple(RuleRemoval(rule, text, Amount(), Amount()) for rule, text in rules.items()))


def _rules_of(kind: str, config: Mapping[str, Any]) -> dict[str, str]:
    """Rule to condition, of a step made from its parameters; none where this version cannot make it."""
    try:
        step = make_step(kind, {key: value for key, value in config.items() if key not in ("step", "kind")})
    except (BadInput, ValueError):
        return {}
    if not isinstance(step, RowStep):
        return {}
    sign = {"below": "<", "above": ">"}
    return {rule.name: f"{rule.signal} {sign[rule.drops]} {rule.threshold:,.10g}" for rule in step.rules}


def _applies(only: tuple[str, ...], domain: str) -> bool:
    return any(fnmatchcase(domain, pattern) for pattern in only)


def _domains(rows: list[_CountRow]) -> list[str]:
    return sorted({row.domain for row in rows})


def _sum(amounts: Iterable[Amount]) -> Amount:
    result = Amount()
    for amount in amounts:
        result = result.plus(amount)
    return result
