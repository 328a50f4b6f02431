"""What the tests of checks share: the quickstart, changed, with sources whose sizes the tests say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest

from curation.core.errors import BadInput, Problems
from curation.sources.source import SourceConfig
from recipes.checking.check import CheckOptions, check
from recipes.checking.machine import Machine
from recipes.checking.plan import RecipePlan
from recipes.recipe import load_with_places

PLENTY = Machine(cores=2, memory_bytes=10**15, free_disk_bytes=10**15, flops=1e11)


@dataclass(frozen=True)
class FakeSplit:
    """A piece of input with a size and nothing in it."""

    size_bytes: int
    key: str = "fake"

    def read(self) -> Iterator[pa.RecordBatch]:
        raise AssertionError("a check reads nothing")


@dataclass
class World:
    """What a check sees of the outside."""

    sizes: dict[str, int] = field(default_factory=dict)
    machine: Machine = PLENTY
    default_size: int = 3_000_000

    def splits(self, config: SourceConfig) -> tuple[FakeSplit, ...]:
        size = self.sizes.get(config.name, self.default_size)
        if size < 0:
            raise BadInput(f"source {config.name!r} is not there", fix="bring it")
        return (FakeSplit(min(size, config.limit_bytes or size)),)


Checked = Callable[..., RecipePlan]
Refused = Callable[..., list[str]]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Sources of 3 MB each and a machine with plenty of everything, unless a test says otherwise."""
    made = World()
    monkeypatch.setattr("recipes.checking.sources.splits_of", made.splits)
    monkeypatch.setattr("recipes.checking.check._machine", lambda options, measured: made.machine)
    return made


@pytest.fixture
def checked(world: World, tmp_path: Path) -> Checked:
    """The plan of a recipe after changes."""

    def plan(
        *sets: str, recipe: str | Path = "quickstart", workers: int = 2, until: tuple[str, ...] = ()
    ) -> RecipePlan:
        loaded, addresses = load_with_places(recipe, sets)
        return check(loaded, addresses, CheckOptions(tmp_path / "runs", workers, 2**30, until))

    return plan


@pytest.fixture
def refused(checked: Checked) -> Refused:
    """What a recipe is refused for after changes: place, what and fix of each problem, as a person reads it."""

    def problems(*sets: str, recipe: str | Path = "quickstart", workers: int = 2) -> list[str]:
        with pytest.raises(Problems) as raised:
            checked(*sets, recipe=recipe, workers=workers)
        assert raised.value.exit_code == 2
        return [str(problem) for problem in raised.value.problems]

    return problems
