"""Near duplicates that are planted, and brute force to find them: what the tests of near-duplicate removal share."""

from __future__ import annotations

import itertools
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from curation.sources.batches import RawDocument
from tests.support.curated_texts import Row, TextSplit, read_pool


def shingles_of(text: str, ngram: int) -> set[tuple[bytes, ...]]:
    """The set of word n-grams, as words."""
    words = re.findall(rb"[a-z0-9\x80-\xff]+", text.encode().lower())
    return {tuple(words[i : i + ngram]) for i in range(max(1, len(words) - ngram + 1))} if words else set()


def jaccard(a: set[tuple[bytes, ...]], b: set[tuple[bytes, ...]]) -> float:
    """Of two texts without words 0: they are nobody's duplicates."""
    return len(a & b) / len(a | b) if a or b else 0.0


def similar_pairs(texts: Sequence[str], ngram: int, at_least: float) -> dict[tuple[int, int], float]:
    """All pairs of texts whose similarity reaches the threshold, by comparing each with each."""
    sets = [shingles_of(text, ngram) for text in texts]
    found = {(i, j): jaccard(sets[i], sets[j]) for i, j in itertools.combinations(range(len(texts)), 2)}
    return {pair: value for pair, value in found.items() if value >= at_least}


def components_of(pairs: Iterable[tuple[Hashable, Hashable]]) -> list[set[Hashable]]:
    """Connected components: every pair joins the groups of its ends."""
    groups: list[set[Hashable]] = []
    for pair in pairs:
        touched = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in touched] + [set(pair).union(*touched)]
    return groups


def random_words(stream: np.random.Generator, n: int) -> list[str]:
    """Words that hardly ever repeat."""
    return [f"w{number}" for number in stream.integers(0, 10**9, n)]


def text_of_similarity(words: Sequence[str], similarity: float, ngram: int, stream: np.random.Generator) -> str:
    """A text as long as `words` whose set of n-grams has that similarity with theirs, as nearly as can be: the words
    to some point are the same, and all others are new."""
    n = len(words) - ngram + 1
    common = round(2 * n * similarity / (1 + similarity))  # of n + n - common
    kept = common + ngram - 1 if common else 0
    return " ".join([*words[:kept], *random_words(stream, len(words) - kept)])


def planted(seed: int, n: int, ngram: int, n_words: tuple[int, int] = (20, 60)) -> list[str]:
    """Texts of which about half are near duplicates of an earlier one, at all similarities."""
    stream = np.random.default_rng(seed)
    texts: list[str] = []
    for _ in range(n):
        if texts and stream.random() < 0.5:
            words = texts[stream.integers(len(texts))].split(" ")
            texts.append(text_of_similarity(words, stream.choice([0.6, 0.75, 0.8, 0.85, 0.95, 1.0]), ngram, stream))
        else:
            texts.append(" ".join(random_words(stream, int(stream.integers(*n_words)))))
    return texts


def with_fields(split: TextSplit, rows: Sequence[Row]) -> TextSplit:
    """The split with further fields of its documents (date, source_id)."""
    documents: list[RawDocument] = [
        replace(document, **row) for document, row in zip(split.documents, rows, strict=True)
    ]
    return TextSplit(split.source, tuple(documents))


def fates_of(out: Path) -> dict[str, Row]:
    """Of every id in a pool: whether it was kept, its count, or its reason."""
    pool = read_pool(out)
    kept = {row["id"]: {"kept": True, "dup_count": row["dup_count"]} for row in pool["documents"]}
    reason = ("rule", "value", "threshold", "duplicate_of")
    return kept | {row["id"]: {"kept": False, **{name: row[name] for name in reason}} for row in pool["rejected"]}
