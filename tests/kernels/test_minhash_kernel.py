"""Band keys against an obvious reference; how often minima agree against the theory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.hashing import hash64, random_stream
from curation.dedup.minhash_plan import candidate_probability
from curation.kernels.minhash import BAND_BASE, MIX_1, MIX_2, Permutations, band_keys, permutations

MASK = 2**64 - 1


def expected_keys(shingles: list[int], chosen: Permutations, bands: int, rows: int) -> list[int]:
    if not shingles:
        return [0] * bands
    keys = []
    for band in range(bands):
        key = (band + 1) * int(BAND_BASE) & MASK
        for p in range(band * rows, (band + 1) * rows):
            multiplier, increment = int(chosen.multipliers[p]), int(chosen.increments[p])
            minimum = min(((shingle >> 32) * multiplier + increment) % 2**32 for shingle in shingles)
            key = (key ^ minimum) * int(MIX_1) & MASK
            key ^= key >> 32
        key = key * int(MIX_2) & MASK
        keys.append(key ^ (key >> 29))
    return keys


def keys_of(documents: list[list[int]], chosen: Permutations, bands: int, rows: int) -> np.ndarray:
    offsets = np.cumsum([0, *map(len, documents)])
    hashes = np.array([shingle for document in documents for shingle in document], np.uint64)
    return band_keys(hashes, offsets, chosen, bands, rows)


shingle = st.integers(0, MASK)


@given(st.lists(st.lists(shingle, max_size=70), max_size=4), st.integers(1, 5), st.integers(1, 4), st.integers(0, 9))
def test_against_the_reference(documents: list[list[int]], bands: int, rows: int, seed: int) -> None:
    chosen = permutations(seed, bands * rows)
    found = keys_of(documents, chosen, bands, rows).tolist()
    assert found == [expected_keys(document, chosen, bands, rows) for document in documents]


@pytest.mark.parametrize("length", [31, 32, 33, 1023, 1024, 1025, 2100])
def test_long_documents_against_the_reference(length: int) -> None:
    """Where blocks end must not show."""
    document = random_stream(length, "minhash test").integers(0, MASK, length, np.uint64, endpoint=True).tolist()
    chosen = permutations(1, 6)
    assert keys_of([document], chosen, 3, 2).tolist() == [expected_keys(document, chosen, 3, 2)]


def test_order_and_repeats_of_shingles_do_not_matter() -> None:
    document = random_stream(2, "minhash test").integers(0, MASK, 100, np.uint64).tolist()
    found = keys_of([document, document[::-1], document * 3], permutations(42, 286), 26, 11)
    assert (found[0] == found[1]).all()
    assert (found[0] == found[2]).all()


def test_permutations_are_those_of_the_seed() -> None:
    chosen = permutations(42, 300)
    assert int(chosen.multipliers[7]) == hash64(b"minhash/42/7") % 2**32 | 1
    assert int(chosen.increments[7]) == hash64(b"minhash/42/7") >> 32
    assert (chosen.multipliers % 2 == 1).all()
    assert len(set(chosen.multipliers.tolist())) == 300
    assert (permutations(42, 20).increments == chosen.increments[:20]).all()
    assert (permutations(43, 300).increments != chosen.increments).sum() > 290


def pairs_of_similarity(jaccard: float, n_pairs: int, union: int, seed: int) -> list[list[int]]:
    """Documents 2i and 2i + 1 have `union` shingles together, of which a share of `jaccard` is common."""
    stream = random_stream(seed, "pairs", str(jaccard), union)
    common = round(union * jaccard)
    documents = []
    for _ in range(n_pairs):
        shingles = stream.integers(0, MASK, union, np.uint64, endpoint=True).tolist()
        half = common + (union - common) // 2
        documents += [shingles[:half], shingles[:common] + shingles[half:]]
    return documents


@pytest.mark.parametrize("union", [20, 200])
@pytest.mark.parametrize(("bands", "rows"), [(26, 11), (14, 8), (20, 5)])
def test_the_share_of_candidates_follows_the_s_curve(bands: int, rows: int, union: int) -> None:
    """Within 4.5 standard deviations of 1,500 pairs, at every similarity."""
    n_pairs = 1500
    chosen = permutations(42, bands * rows)
    for jaccard in (0.5, 0.7, 0.8, 0.9):
        keys = keys_of(pairs_of_similarity(jaccard, n_pairs, union, bands), chosen, bands, rows)
        share = (keys[0::2] == keys[1::2]).any(axis=1).mean()
        theory = candidate_probability(jaccard, bands, rows)
        spread = (theory * (1 - theory) / n_pairs) ** 0.5
        assert abs(share - theory) < 4.5 * spread + 1e-9, (jaccard, share, theory)


def test_no_key_is_shared_by_unlike_documents_or_by_two_bands() -> None:
    documents = [document[:50] for document in pairs_of_similarity(0.0, 1000, 100, 5)]
    keys = keys_of(documents, permutations(42, 26 * 11), 26, 11)
    assert len(np.unique(keys)) == keys.size


def test_values_stay_as_they_are() -> None:
    assert keys_of([[1 << 40, 5 << 33, MASK]], permutations(42, 4), 2, 2).tolist() == [
        [9788404397487734965, 16287823635472729502]
    ]
