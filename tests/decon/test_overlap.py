"""Index and overlap against comparing sets of n-grams, text by text and item by item."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from curation.core.hashing import random_stream
from curation.decon import indexing, overlap
from curation.decon.indexing import EvaluationNgrams
from curation.decon.items import EvaluationItem, EvaluationSet
from curation.decon.ngrams import ngram_hashes
from curation.decon.probe import ngram_table
from tests.decon.reference import Reference, ngrams_of, tokens_of


def pieces(seed: int, n: int) -> list[str]:
    """Phrases of few words and symbols, so that n-grams are shared by chance, and many."""
    stream = random_stream(seed, "overlap test")
    words = ["a", "b", "+", "-", "c", "1", "(", "\u4e2d"]
    return [" ".join(stream.choice(words, size=stream.integers(0, 9))) for _ in range(n)]


def problem(seed: int) -> tuple[list[EvaluationSet], list[str]]:
    """Items, and texts that are items, parts of them, several of them, or nothing of the kind."""
    stream = random_stream(seed, "overlap test, problem")
    some = pieces(seed, 60)

    def text(most: int) -> str:
        return " ".join(stream.choice(some, size=stream.integers(0, most + 1)))

    sets = []
    for number, size in enumerate(stream.integers(1, 25, size=3)):
        items = [EvaluationItem(f"{number}:{i}", text(5) or "a", text(2)) for i in range(size)]
        items += [EvaluationItem(f"{number}:again {i}", items[i].question, items[i].answer) for i in range(0, size, 5)]
        sets.append(EvaluationSet(f"set {number}", tuple(items)))
    every = [item for one in sets for item in one.items]
    texts = [text(6) for _ in range(40)]
    for item in stream.choice(len(every), size=40):
        words = tokens_of(every[item].question)
        start, stop = sorted(stream.integers(0, len(words) + 1, size=2))
        texts.append(" ".join([text(1), *words[start:stop], text(1), every[item].answer * int(stream.integers(2))]))
    return sets, texts


@pytest.mark.parametrize("seed", range(12))
def test_overlap_is_the_largest_share(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    n, short, least_common, share = [(3, 5, 4, 0.1), (2, 3, 6, 0.3), (4, 1, 2, 0.0), (2, 2, 3, 0.5)][seed % 4]
    monkeypatch.setattr(indexing, "LEAST_COMMON", least_common)
    monkeypatch.setattr(overlap, "SLICE_BYTES", [1, 100, 10**6][seed % 3])
    sets, texts = problem(seed)
    boilerplate = (
        set(ngrams_of(sets[0].items[0].question + " " + sets[0].items[2].question, n)[::3]) if seed % 2 else set()
    )
    reference = Reference(sets, n, short, lambda size: max(least_common, share * size), boilerplate)

    ngrams = EvaluationNgrams(sets, n)
    table = ngram_table(ngrams.distinct)
    also = ngram_hashes(pa.array([" ".join(ngram) for ngram in boilerplate], pa.string()), n)[0]
    common = ngrams.common(share) | np.isin(ngrams.distinct, also)
    index, _ = ngrams.index(common, short)
    shares, items = overlap.overlaps(pa.array(texts), table, index, ngram=n, short=short)
    found = [(s, index.keys[i].as_py() if i >= 0 else None) for s, i in zip(shares.tolist(), items, strict=True)]
    assert found == [reference.overlap(text) for text in texts]
    assert sum(s > 0 for s, _ in found) > 10
