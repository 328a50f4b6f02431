"""Connected components against joining groups edge by edge."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curation.core.hashing import random_stream
from curation.dedup.components import Components, connected_components
from tests.support.near_duplicates import components_of

vertex = st.integers(-5, 12) | st.integers(-(2**63), 2**63 - 1)


def components(edges: list[tuple[int, int]]) -> Components:
    left, right = np.array(edges, np.int64).reshape(-1, 2).T.copy()
    return connected_components(left, right)


def check(edges: list[tuple[int, int]]) -> None:
    graph = components(edges)
    assert graph.vertices.tolist() == sorted({end for edge in edges for end in edge})
    smallest = {member: min(group) for group in components_of(edges) for member in group}
    assert graph.component.tolist() == [smallest[vertex] for vertex in graph.vertices.tolist()]
    ends = zip(graph.vertices[graph.left].tolist(), graph.vertices[graph.right].tolist(), strict=True)
    assert list(ends) == edges


@given(st.lists(st.tuples(vertex, vertex), max_size=25))
def test_any_graph(edges: list[tuple[int, int]]) -> None:
    check(edges)


def test_sparse_graphs_around_the_size_where_they_become_one() -> None:
    stream = random_stream(1, "components test")
    for n_edges in (100, 150, 300):
        check([(int(a), int(b)) for a, b in stream.integers(0, 300, (n_edges, 2))])


def test_a_long_path_in_an_unkind_order() -> None:
    """Every edge hangs what is there below a smaller vertex."""
    n = 200_000
    graph = components([(i, i + 1) for i in range(n - 1, -1, -1)])
    assert (graph.component == 0).all()
    assert len(graph.vertices) == n + 1


def test_no_edges() -> None:
    graph = components([])
    assert [len(graph.vertices), len(graph.component)] == [0, 0]
