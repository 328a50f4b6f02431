"""Counting documents by the n-grams they have, against Python's counter."""

from __future__ import annotations

import functools
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa

from curation.core.hashing import hash64, random_stream
from curation.decon.frequency import CountDocuments
from curation.decon.index import store_table
from curation.decon.ngrams import ngram_hashes
from curation.decon.probe import ngram_table
from tests.decon.reference import ngrams_of

N = 2


def random_texts(seed: int, n: int) -> list[str]:
    stream = random_stream(seed, "frequency test")
    return [" ".join(stream.choice(list("abcde+-"), size=stream.integers(0, 12))) for _ in range(n)]


def chosen(text_id: str, seed: int, share: float) -> bool:
    salt = hash64(f"decontaminate/{seed}".encode())
    return hash64((hash64(text_id.encode()) ^ salt).to_bytes(8, "little")) >> 1 <= share * 2.0**63


def test_counts_of_documents(tmp_path: Path) -> None:
    ngrams = sorted({ngram for text in random_texts(1, 8) for ngram in ngrams_of(text, N)})
    hashes = ngram_hashes(pa.array([" ".join(ngram) for ngram in ngrams]), N)[0]
    number = {ngram: i for i, (_, ngram) in enumerate(sorted(zip(hashes.tolist(), ngrams, strict=True)))}
    table = store_table(ngram_table(np.sort(hashes)), str(tmp_path))
    texts = {f"{i:032x}": text for i, text in enumerate(random_texts(2, 300))}
    for share in (1.0, 0.5, 0.1, 0.0):
        fold = CountDocuments(table, N, 5, share)
        in_sample = [text for text_id, text in texts.items() if chosen(text_id, 5, share)]
        expected = Counter(number[ngram] for text in in_sample for ngram in set(ngrams_of(text, N)) if ngram in number)
        batch = pa.RecordBatch.from_pydict({"id": list(texts), "text": list(texts.values())})
        halves = [
            functools.reduce(fold.step, [batch.slice(start, 40) for start in starts], fold.zero())
            for starts in (range(0, 160, 40), range(160, 320, 40))
        ]
        for counts in (fold.merge(*halves), fold.merge(*halves[::-1])):
            assert counts.n_documents == len(in_sample)
            assert dict(zip(counts.ngrams.tolist(), counts.documents.tolist(), strict=True)) == expected
            assert counts.ngrams.tolist() == sorted(expected)
