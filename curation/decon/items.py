"""What a pool is decontaminated against: sets of items, each a question and perhaps an answer.

A held-out document is an item too: its text is the question, and its id the key.
"""

from __future__ import annotations

from dataclasses import dataclass

from curation.core.errors import BadInput
from curation.core.units import format_size

MAX_TEXT_BYTES = 128 * 2**20
"""Of all sets together; the driver takes about twenty times as much memory while it builds the index."""


@dataclass(frozen=True)
class EvaluationItem:
    """One item.

    Args:
        key: what a document that it contaminates is said to duplicate: a held-out document's id, or `set:item`.
        question: the text whose n-grams are evidence.
        answer: evidence by itself where it is long enough.
    """

    key: str
    question: str
    answer: str = ""


@dataclass(frozen=True)
class EvaluationSet:
    """A named set of items.

    Args:
        name: as the recipe says.
        items: those with a question.
        empty: file and line of those without.
        content: what the items depend on: a hash of the files; empty for held-out documents.
    """

    name: str
    items: tuple[EvaluationItem, ...]
    empty: tuple[str, ...] = ()
    content: str = ""


def check_size(n_bytes: int, where: str, fix: str) -> None:
    """Refuse more text than the driver can index.

    Raises:
        BadInput: it is more than MAX_TEXT_BYTES.
    """
    if n_bytes > MAX_TEXT_BYTES:
        raise BadInput(
            f"{format_size(n_bytes)} of text to decontaminate against; an index is made in memory, of at most "
            f"{format_size(MAX_TEXT_BYTES)}",
            where=where,
            fix=fix,
        )
