"""Sources of labelled documents in memory, for the tests of the quality step."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

import pytest

from curation.core.hashing import random_stream
from curation.engine import local
from curation.engine.plan import Split
from curation.engine.workers import Workers
from curation.sources import source
from curation.sources.source import SourceConfig
from tests.support.curated_texts import split_of

_WORDS = {
    "good": "the method explains why results follow from each step of an argument ; therefore we conclude",
    "bad": "buy cheap { click . now 99 $ sale ! login cart free offer } subscribe",
}
Readable = Callable[[str, Sequence[Sequence[str]]], dict[str, str]]


def sentences(kind: str, n: int, seed: int = 0, mixed: float = 0.2) -> list[str]:
    """Texts of one kind's words, a share of them the other's."""
    stream = random_stream(seed, "sentences", kind)
    own, other = _WORDS["bad"].split(), _WORDS["good"].split()
    if kind != "bad":
        own, other = other, own

    def word() -> str:
        return str(stream.choice(other if stream.random() < mixed else own))

    return [" ".join(word() for _ in range(int(stream.integers(12, 40)))) for _ in range(n)]


@pytest.fixture
def readable(monkeypatch: pytest.MonkeyPatch) -> Readable:
    """Makes lists of texts, one for each split, a source; returns how a recipe says it."""
    splits: dict[str | None, tuple[Split, ...]] = {}

    def read(config: SourceConfig) -> tuple[Split, ...]:
        return splits[config.domain]

    def register(domain: str, texts: Sequence[Sequence[str]]) -> dict[str, str]:
        splits[domain] = tuple(split_of(number, [(text, domain) for text in part]) for number, part in enumerate(texts))
        return {"reader": "memory", "domain": domain}

    monkeypatch.setitem(source.READERS, "memory", read)
    return register


@pytest.fixture(scope="session")
def worker_processes() -> Iterator[Workers]:
    """Two processes for all tests: they take seconds to start."""
    with Workers(2) as workers:
        yield workers


@pytest.fixture
def two_workers(worker_processes: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines with more than one worker use these processes."""
    start = local.Workers
    monkeypatch.setattr(local, "Workers", lambda n: start(n) if n == 1 else contextlib.nullcontext(worker_processes))


@pytest.fixture
def labelled(readable: Readable) -> dict[str, list[dict[str, str]]]:
    """Positives and negatives that a quality step can learn from."""
    return {
        "positives": [readable("good", [sentences("good", 60), sentences("good", 40, 1)])],
        "negatives": [readable("bad", [sentences("bad", 150)])],
    }
