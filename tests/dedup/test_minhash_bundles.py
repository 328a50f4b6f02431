"""Bundles: every pair meets in exactly one, within the limit of text; small components stay whole."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curation.dedup.components import connected_components
from curation.dedup.minhash_bundles import Documents, memberships

Edge = tuple[int, int]


def bundles_of(edges: list[Edge], sizes: dict[int, int], limit: int) -> dict[int, dict[str, Any]]:
    """Members in order of position, and pairs, of every bundle."""
    graph = connected_components(*np.array(edges, np.int64).reshape(-1, 2).T.copy())
    vertices = graph.vertices.tolist()
    documents = Documents(
        np.array([sizes[vertex] for vertex in vertices], np.int64),
        np.array([vertex * 7919 % 10_007 for vertex in vertices], np.int64),
    )
    rows = memberships(graph, documents, limit).to_pylist()
    assert len(rows) == len(vertices)
    members: dict[int, dict[int, int]] = defaultdict(dict)
    for vertex, row in zip(vertices, rows, strict=True):
        for membership in row:
            assert membership["position"] not in members[membership["bundle"]]
            members[membership["bundle"]][membership["position"]] = vertex
    bundles: dict[int, dict[str, Any]] = {}
    for number, by_position in members.items():
        assert sorted(by_position) == list(range(len(by_position)))
        bundles[number] = {"members": [by_position[i] for i in range(len(by_position))], "pairs": []}
    for vertex, row in zip(vertices, rows, strict=True):
        for membership in row:
            bundle = bundles[membership["bundle"]]
            bundle["pairs"] += [(vertex, bundle["members"][position]) for position in membership["partners"]]
    return bundles


edge = st.tuples(st.integers(0, 25), st.integers(0, 25)).filter(lambda ends: ends[0] < ends[1])


@given(
    st.lists(edge, max_size=40, unique=True),
    st.lists(st.integers(0, 30), min_size=26, max_size=26),
    st.integers(1, 200),
)
def test_every_pair_meets_once_within_the_limit(edges: list[Edge], sizes: list[int], limit: int) -> None:
    by_vertex = dict(enumerate(sizes))
    bundles = bundles_of(edges, by_vertex, limit)
    assert Counter(pair for bundle in bundles.values() for pair in bundle["pairs"]) == Counter(edges)
    for bundle in bundles.values():
        assert set(bundle["members"]) == {end for pair in bundle["pairs"] for end in pair}
        assert sum(by_vertex[member] for member in bundle["members"]) <= limit + 3 * max(sizes)


def test_small_components_are_bundles() -> None:
    edges = [(0, 7), (1, 6), (7, 9), (0, 9), (2, 5)]
    bundles = bundles_of(edges, dict.fromkeys(range(10), 10), 30)
    assert sorted(sorted(bundle["members"]) for bundle in bundles.values()) == [[0, 7, 9], [1, 6], [2, 5]]


def test_a_large_component_is_cut_along_the_ranks() -> None:
    """Each is paired with the three of the next ranks: a bundle shares few documents with the next."""
    by_rank = sorted(range(1003), key=lambda vertex: vertex * 7919 % 10_007)
    edges = [(by_rank[i], by_rank[i + step]) for i in range(1000) for step in (1, 2, 3)]
    bundles = bundles_of(edges, dict.fromkeys(range(1003), 10), 4000)
    assert len(bundles) >= 5
    assert sum(len(bundle["members"]) for bundle in bundles.values()) < 1.2 * 1003
