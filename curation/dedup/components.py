"""Connected components of a list of edges, on the driver.

1. The ends of all edges, without repeats, are the vertices; an index takes the place of each.
2. Union-find gives every vertex the smallest one of its component, which names the component.

Memory: about 100 bytes an edge at the peak (the ends, their sorted copies, the indices). Time: a sort of the ends. What
calls this needs nothing but the function, so that one which goes round by round over an engine can replace it where
the edges do not fit the driver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curation.kernels.union_find import smallest_joined

Vertices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Components:
    """Vertices that have an edge, and the component of each.

    Args:
        vertices: ascending.
        component: the smallest vertex of its component, for every vertex.
        left: the index in `vertices` of the left end of every edge.
        right: the same for the right end.
    """

    vertices: Vertices
    component: Vertices
    left: Vertices
    right: Vertices


def connected_components(left: Vertices, right: Vertices) -> Components:
    """The components of the graph with edges (left[i], right[i]).

    Args:
        left: any integers, one an edge.
        right: the other ends.
    """
    vertices, indices = np.unique(np.concatenate([left, right]), return_inverse=True)
    left_index, right_index = indices[: len(left)], indices[len(left) :]
    component = vertices[smallest_joined(left_index, right_index, len(vertices))]
    return Components(vertices, component, left_index, right_index)
