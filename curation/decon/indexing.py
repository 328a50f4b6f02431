"""From evaluation items to the index of their n-grams.

A part is a question or an answer; evidence is a part's distinct n-grams that are not common.

1. Items whose n-grams are all the same, in the same order, count once: the first stays.
2. An n-gram is common if more than 1 % of the items of a set have it, and more than 10 (templates, the head of every
   prompt), or if many documents of the pool have it (licences; see `frequency`). It says nothing about any item.
3. A part with less evidence than `short` n-grams has to be found whole, common n-grams included. An answer that short
   is left out: `return a + b` is no evidence. So is a part that has no evidence at all.
4. An item whose question is left out, because it has fewer than n tokens or nothing but common n-grams, cannot be
   detected (but by its answer), and is listed.

Memory: about 20 bytes a byte of text (100 for each of its n-grams), 2.7 GB for 128 MiB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.core.hashing import hash64
from curation.decon.index import Bools, Int32s, ItemIndex
from curation.decon.items import EvaluationSet
from curation.decon.ngrams import Bounds, Hashes, ngram_hashes

LEAST_COMMON = 10


@dataclass(frozen=True)
class SetSummary:
    """What became of a set's items.

    Args:
        n_items: with a question.
        n_repeated: that are like an earlier item of any set.
        n_empty: without a question; they are left out.
        too_short: keys of those whose question has fewer than n tokens.
        only_common: keys of those whose question has nothing but common n-grams.
    """

    name: str
    n_items: int
    n_repeated: int
    n_empty: int
    too_short: list[str]
    only_common: list[str]


class EvaluationNgrams:
    """The n-grams of all items of all sets.

    Args:
        ngram: tokens of an n-gram.
    """

    def __init__(self, sets: Sequence[EvaluationSet], ngram: int) -> None:
        self._sets = sets
        self._items = _Items.of(sets)
        hashes, bounds = ngram_hashes(self._items.texts, ngram)
        self._lengths = np.diff(bounds)
        self._fresh = _first_of_its_kind(hashes, bounds, self._items)
        chosen = self._fresh[self._items.of_part]
        self.distinct, self._ngram_of, self._part_of = _distinct_pairs(hashes, self._lengths, chosen)

    def common(self, share: float) -> Bools:
        """Of every distinct n-gram, whether too many items of a set have it.

        Args:
            share: of a set's items.
        """
        common = np.zeros(len(self.distinct), bool)
        if not len(self._ngram_of):
            return common
        item_of = self._items.of_part[self._part_of]
        set_of = self._items.of_set[item_of]
        new_set, new_item = np.ones(len(item_of), bool), np.ones(len(item_of), bool)
        new_set[1:] = (self._ngram_of[1:] != self._ngram_of[:-1]) | (set_of[1:] != set_of[:-1])
        new_item[1:] = new_set[1:] | (item_of[1:] != item_of[:-1])
        starts = np.flatnonzero(new_set)
        n_items = np.add.reduceat(new_item, starts, dtype=np.int64)
        sizes = np.bincount(self._items.of_set[self._fresh], minlength=len(self._sets))
        most = np.maximum(LEAST_COMMON, share * sizes)
        common[self._ngram_of[starts[n_items > most[set_of[starts]]]]] = True
        return common

    def index(self, common: Bools, short: int) -> tuple[ItemIndex, list[SetSummary]]:
        """The index, and what became of the items of each set.

        Args:
            common: of every distinct n-gram, whether it is no evidence.
            short: a part with fewer n-grams must be found whole.
        """
        items, n_parts = self._items, len(self._lengths)
        evidence = ~common[self._ngram_of]
        n_evidence = np.bincount(self._part_of[evidence], minlength=n_parts)
        whole = n_evidence < short
        useful = (n_evidence > 0) & ~(whole & items.is_answer)
        kept = useful[self._part_of] & (evidence | whole[self._part_of])
        ngram_of, part_of = self._ngram_of[kept], self._part_of[kept]
        index = ItemIndex(
            common=common,
            first=np.concatenate([[0], np.cumsum(np.bincount(ngram_of, minlength=len(common)))]),
            parts=part_of,
            sizes=np.bincount(part_of, minlength=n_parts).astype(np.int32),
            whole=whole,
            items=items.of_part,
            keys=pa.array(items.keys, pa.string()),
        )
        long_enough = items.having((self._lengths > 0) & ~items.is_answer)
        found = items.having(useful & ~items.is_answer)
        return index, [
            SetSummary(
                name=one.name,
                n_items=len(one.items),
                n_repeated=int((~self._fresh[start : start + len(one.items)]).sum()),
                n_empty=len(one.empty),
                too_short=items.keys_of(one, start, self._fresh & ~long_enough),
                only_common=items.keys_of(one, start, self._fresh & long_enough & ~found),
            )
            for one, start in zip(self._sets, items.set_starts, strict=True)
        ]


@dataclass(frozen=True)
class _Items:
    """The items of all sets in a row, and their parts."""

    keys: list[str]
    of_set: Int32s
    set_starts: list[int]
    texts: pa.Array
    of_part: Int32s
    is_answer: Bools

    @staticmethod
    def of(sets: Sequence[EvaluationSet]) -> _Items:
        items = [item for one in sets for item in one.items]
        sizes = [len(one.items) for one in sets]
        parts = [
            (text, number, is_answer)
            for number, item in enumerate(items)
            for text, is_answer in ((item.question, False), (item.answer, True))
            if text or not is_answer
        ]
        return _Items(
            keys=[item.key for item in items],
            of_set=np.repeat(np.arange(len(sets), dtype=np.int32), sizes),
            set_starts=np.cumsum([0, *sizes])[:-1].tolist(),
            texts=pa.array([text for text, _, _ in parts], pa.string()),
            of_part=np.array([number for _, number, _ in parts], np.int32),
            is_answer=np.array([is_answer for _, _, is_answer in parts], bool),
        )

    def having(self, parts: Bools) -> Bools:
        """Of every item, whether one of its parts is among these."""
        found = np.zeros(len(self.keys), bool)
        found[self.of_part[parts]] = True
        return found

    def keys_of(self, one: EvaluationSet, start: int, chosen: Bools) -> list[str]:
        """The keys of the chosen items of a set, whose first item is number `start`."""
        return [self.keys[start + i] for i in np.flatnonzero(chosen[start : start + len(one.items)])]


def _first_of_its_kind(hashes: Hashes, bounds: Bounds, items: _Items) -> Bools:
    """Of every item, whether no earlier one has the same n-grams in the same parts; true if its question has none."""
    parts: list[list[int]] = [[] for _ in items.keys]
    for part, item in enumerate(items.of_part.tolist()):
        parts[item].append(hash64(hashes[bounds[part] : bounds[part + 1]].tobytes()))
    seen: set[tuple[int, ...]] = set()
    fresh = np.ones(len(items.keys), bool)
    for item in np.flatnonzero(items.having((np.diff(bounds) > 0) & ~items.is_answer)):
        kind = tuple(parts[item])
        fresh[item] = kind not in seen
        seen.add(kind)
    return fresh


def _distinct_pairs(hashes: Hashes, lengths: Bounds, chosen: Bools) -> tuple[Hashes, npt.NDArray[np.int64], Int32s]:
    """The distinct n-grams of the chosen parts, ascending, and every (n-gram, part) once, in that order."""
    part_of = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    if not chosen.all():
        hashes, part_of = hashes[chosen[part_of]], part_of[chosen[part_of]]
    order = np.argsort(hashes, kind="stable")  # parts ascend already
    hashes, part_of = hashes[order], part_of[order]
    new_ngram = np.ones(len(hashes), bool)
    np.not_equal(hashes[1:], hashes[:-1], out=new_ngram[1:])
    new_pair = new_ngram.copy()
    new_pair[1:] |= part_of[1:] != part_of[:-1]
    return hashes[new_ngram], np.cumsum(new_ngram)[new_pair] - 1, part_of[new_pair]
