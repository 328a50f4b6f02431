"""Bundles: which candidate documents meet where, so that pairs are verified in bounded memory.

To verify a pair, the shingle sets of both documents must be in one place. A set is larger than its text, so each should
cross the exchange once. All pairs of a connected component of candidates could meet in one place, but candidates chain:
at scale a component may hold a large share of all documents.

1. Connected components of the candidate pairs. A component whose text is at most `BUNDLE_BYTES` is a bundle.
2. The pairs of a larger component are sorted by the ranks of their documents, which puts pairs of neighbours of one
   bucket side by side, and cut where the text of their documents reaches `BUNDLE_BYTES`. A document belongs to each
   bundle that has a pair of it.
3. Every document learns its memberships: the bundle, its position there, and the positions of those it is paired with.

Memory on the driver: about 180 bytes a pair. Memory where a bundle meets: sets of `BUNDLE_BYTES` of text, at most four
times that, and of three documents more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.dedup.components import Components

BUNDLE_BYTES = 16 * 2**20
BUNDLE, POSITION, PARTNERS = "bundle", "position", "partners"
MEMBERSHIP = pa.struct(
    [pa.field(BUNDLE, pa.int64()), pa.field(POSITION, pa.int32()), pa.field(PARTNERS, pa.list_(pa.int32()))]
)

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Documents:
    """What bundles depend on, one value for every vertex of the candidate graph.

    Args:
        n_bytes: length of the text.
        rank: the order of documents within a bucket.
    """

    n_bytes: Integers
    rank: Integers


def memberships(graph: Components, documents: Documents, limit_bytes: int = BUNDLE_BYTES) -> pa.Array:
    """For every vertex of the candidate graph, the list of its memberships.

    Args:
        graph: candidate pairs and their components.
        limit_bytes: of text in a bundle.
    """
    pairs = _in_bundle_order(graph, documents)
    left, right = graph.left[pairs], graph.right[pairs]
    bundle = _bundle_numbers(graph, documents, left, right, limit_bytes)

    # members: each (bundle, vertex) once, in this order; their partners are lists of positions
    n = len(graph.vertices)
    codes, member_of = np.unique(np.concatenate([bundle * n + left, bundle * n + right]), return_inverse=True)
    member_left, member_right = member_of[: len(left)], member_of[len(left) :]
    bundle_of, vertex_of = codes // n, codes % n
    position = np.arange(len(codes)) - np.searchsorted(bundle_of, bundle_of)
    by_left = np.argsort(member_left, kind="stable")
    partners = _lists(
        np.bincount(member_left, minlength=len(codes)), pa.array(position[member_right[by_left]], pa.int32())
    )

    # from bundles to vertices
    order = np.lexsort((bundle_of, vertex_of))
    columns = [pa.array(bundle_of[order]), pa.array(position[order], pa.int32()), partners.take(pa.array(order))]
    members = pa.StructArray.from_arrays(columns, fields=list(MEMBERSHIP))
    return _lists(np.bincount(vertex_of, minlength=n), members)


def _in_bundle_order(graph: Components, documents: Documents) -> Integers:
    """The order of pairs: by component, then by the ranks of both documents."""
    component = graph.component[graph.left]
    rank = documents.rank
    order: Integers = np.lexsort((graph.right, rank[graph.right], graph.left, rank[graph.left], component))
    return order


def _bundle_numbers(
    graph: Components, documents: Documents, left: Integers, right: Integers, limit_bytes: int
) -> Integers:
    """The bundle of every pair, from 0; pairs are in bundle order."""
    _, component = np.unique(graph.component, return_inverse=True)
    text_of = np.zeros(component.max(initial=-1) + 1, np.int64)
    np.add.at(text_of, component, documents.n_bytes)
    of_pair = component[left]
    new_left = np.diff(left, prepend=-1) != 0
    added = documents.n_bytes[right] + np.where(new_left, documents.n_bytes[left], 0)
    added[text_of[of_pair] <= limit_bytes] = 0
    new_component = np.diff(of_pair, prepend=-1) != 0
    before = np.cumsum(added) - added
    within = before - before[new_component][np.cumsum(new_component) - 1]
    cut = np.diff(within // limit_bytes, prepend=0) != 0
    numbers: Integers = np.cumsum(new_component | cut) - 1
    return numbers


def _lists(lengths: Integers, values: pa.Array) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)
