"""The interleaving: order, even windows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixing.emit.place import interleave
from mixing.emit.plan import Pieces

WINDOW = 2**20


def pieces_of(lengths: np.ndarray) -> Pieces:
    numbers = np.arange(len(lengths))
    return Pieces(numbers, numbers * 0, np.asarray(lengths, dtype=np.int64))


def worst_window(domain: np.ndarray, lengths: np.ndarray, window: int) -> float:
    """How far a domain's share of a window is from its share of the whole, over windows that start at any piece."""
    ends = np.cumsum(lengths)
    starts = ends - lengths
    firsts = starts[starts + window <= ends[-1]]
    worst = 0.0
    for one in np.unique(domain):
        before = np.concatenate(([0], np.cumsum(np.where(domain == one, lengths, 0))))
        points = np.concatenate(([0], ends))
        share = before[-1] / ends[-1]
        inside = np.interp(firsts + window, points, before) - np.interp(firsts, points, before)
        worst = max(worst, float(np.abs(inside / window - share).max()))
    return worst


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=8), min_size=1, max_size=6), st.data())
def test_every_piece_has_one_place_and_cells_keep_their_order(cells: list[list[int]], data: st.DataObject) -> None:
    domains = data.draw(st.lists(st.sampled_from("abc"), min_size=len(cells), max_size=len(cells)))
    cell, piece = interleave([pieces_of(np.array(lengths)) for lengths in cells], domains)
    for number, lengths in enumerate(cells):
        assert piece[cell == number].tolist() == list(range(len(lengths)))
    assert len(cell) == sum(map(len, cells))


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=8), min_size=1, max_size=6), st.data())
def test_a_domain_is_never_off_by_more_than_half_its_longest_piece_where_pieces_meet(
    cells: list[list[int]], data: st.DataObject
) -> None:
    domains = data.draw(st.lists(st.sampled_from("abc"), min_size=len(cells), max_size=len(cells)))
    cell, piece = interleave([pieces_of(np.array(lengths)) for lengths in cells], domains)
    lengths = np.array([cells[c][p] for c, p in zip(cell, piece, strict=True)])
    domain = np.array(domains)[cell]
    totals = {name: lengths[domain == name].sum() for name in set(domains)}
    so_far = dict.fromkeys(totals, 0)
    for name, length in zip(domain.tolist(), lengths.tolist(), strict=True):
        so_far[name] += length
        # there is one position of all streams at which this is the order: each domain allows an interval for it
        low = max((so_far[n] - cell_longest(cells, domains, n) / 2) / totals[n] for n in totals)
        high = min((so_far[n] + cell_longest(cells, domains, n) / 2) / totals[n] for n in totals)
        assert low <= high + 1e-9


def cell_longest(cells: list[list[int]], domains: list[str], name: str) -> int:
    return max(max(lengths) for lengths, domain in zip(cells, domains, strict=True) if domain == name)


def test_windows_of_2_20_tokens_are_within_one_point_with_many_domains_and_buckets() -> None:
    rng = np.random.default_rng(3)
    cells, domains = [], []
    for domain in range(12):
        for bucket in range(20):
            lengths = np.minimum(rng.lognormal(6.8, 1.0, 60 + 15 * bucket + 40 * domain), 6000).astype(np.int64) + 2
            cells.append(pieces_of(lengths))
            domains.append(f"domain-{domain}")
    cell, piece = interleave(cells, domains)
    starts = np.concatenate(([0], np.cumsum([len(c.document) for c in cells])))
    lengths = np.concatenate([c.n_tokens for c in cells])[starts[cell] + piece]
    assert lengths.sum() > 40 * WINDOW
    assert worst_window(np.array([int(d.partition("-")[2]) for d in domains])[cell], lengths, WINDOW) < 0.01


def test_copies_of_a_document_are_a_pass_apart() -> None:
    passes = Pieces(np.tile(np.arange(10), 3), np.repeat(np.arange(3), 10), np.full(30, 7))
    cell, piece = interleave([passes, pieces_of(np.full(30, 7))], ["a", "b"])
    places = np.flatnonzero((cell == 0) & (passes.document[piece] == 4))
    assert np.diff(places).tolist() == [20, 20]
