"""What `mix check` finds out about a recipe before anything runs: one row a stage, and what they come to together.

Numbers are estimates, but for what a finished stage has counted; an `Amount` says which. Estimates of a stage are made
from what is known of the stages before it, so each hands on `Facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from recipes.checking.machine import Machine

State = Literal["done", "started", "to run"]


@dataclass(frozen=True)
class Amount:
    """A number of bytes or tokens; `exact` if it was counted."""

    value: int
    exact: bool = False


@dataclass(frozen=True)
class SourcePlan:
    """A source of a curate stage.

    Args:
        name: as the recipe says.
        reader: how it is read; None if that is told by the names of its files.
        domain: its domain, if the recipe says so.
        n_splits: pieces that workers read.
        size_bytes: of what will be read, as it is stored.
        text_bytes: about so much text will come of it, its limit considered.
    """

    name: str
    reader: str | None
    domain: str | None
    n_splits: int
    size_bytes: int
    text_bytes: int


@dataclass(frozen=True)
class ModelPlan:
    """A model, or the proxies of a swarm.

    Args:
        n_parameters: of one, embeddings included.
        n_runs: how many are trained; None if the number of domains is not known yet.
        n_tokens: each is trained on.
        n_steps: of each.
        shape: in words.
    """

    n_parameters: int
    n_runs: int | None
    n_tokens: int
    n_steps: int
    shape: str


@dataclass(frozen=True)
class Facts:
    """What later stages need to know of a stage.

    Args:
        domain_bytes: UTF-8 bytes of every domain; None where a domain is given to documents later.
        domain_tokens: tokens of every domain, by the counts.
        cells: tokens of every (domain, bucket), once they are counted.
        exact: whether bytes and tokens were counted.
        at_most_bytes: no more text than this can come, by the limits of all sources.
        heldout_bytes: text set aside for evaluation.
        vocab_size: of the tokenizer.
        n_parameters: of the model.
        budget_tokens: of the mixture, and of the shards.
    """

    domain_bytes: Mapping[str | None, int] = field(default_factory=dict)
    domain_tokens: Mapping[str | None, int] = field(default_factory=dict)
    cells: Mapping[tuple[str, int], int] = field(default_factory=dict)
    exact: bool = False
    at_most_bytes: int | None = None
    heldout_bytes: int = 0
    vocab_size: int = 0
    n_parameters: int = 0
    budget_tokens: int = 0

    @property
    def n_domains(self) -> int | None:
        """How many domains there are; None if that is not known yet."""
        names = self.domain_tokens or self.domain_bytes
        return None if None in names or not names else len(names)


@dataclass(frozen=True)
class Estimate:
    """What a stage will take.

    Args:
        bytes_in: text that it reads.
        tokens: that it counts, trains on or writes; of a swarm, those of all runs.
        kept_bytes: of disk, for its output.
        scratch_bytes: of disk while it runs, besides.
        memory_bytes: at its fullest.
        wall_s: on this machine; None if nothing is known about it.
        model: what is trained.
        sources: what a curate stage reads.
        steps: what it does, in order.
        notes: what a reader of the recipe would have to work out.
        facts: for later stages.
    """

    bytes_in: Amount | None = None
    tokens: Amount | None = None
    kept_bytes: int = 0
    scratch_bytes: int = 0
    memory_bytes: int = 0
    wall_s: float | None = None
    model: ModelPlan | None = None
    sources: tuple[SourcePlan, ...] = ()
    steps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    facts: Facts = Facts()


@dataclass(frozen=True)
class StagePlan:
    """One row of the table; `path` is the output of a stage that is done."""

    name: str
    kind: str
    inputs: Mapping[str, str]
    state: State
    path: Path | None
    estimate: Estimate


@dataclass(frozen=True)
class RecipePlan:
    """The whole plan.

    Args:
        stages: in order of execution.
        machine: what there is.
        disk_bytes: that the stages which are not done will take at most.
        memory_bytes: of the stages that run at once, at their fullest.
        wall_s: until the last one ends; None if a stage's time is unknown.
        warnings: what is likely wrong, but not certainly.
    """

    recipe: str
    seed: int
    out: Path
    workers: int
    stages: tuple[StagePlan, ...]
    machine: Machine
    disk_bytes: int
    memory_bytes: int
    wall_s: float | None
    warnings: tuple[str, ...] = ()

    @property
    def waiting(self) -> tuple[StagePlan, ...]:
        """The stages that are not done."""
        return tuple(stage for stage in self.stages if stage.state != "done")
