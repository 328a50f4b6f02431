"""The token cache: what it keeps is what encoding gives, an EOS after every document."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.core.storage import FileEntry, entry_of
from curation.core.tokenizer import EOS, Tokenizer
from curation.core.tokens import TokenCache

TEXTS = [
    "the cat sat on the mat",
    "",
    f"says {EOS} in the text",
    "\u00e9\u4e00\U0001f600",
    *(f"line {i}\n" * (i % 5) for i in range(600)),
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(TEXTS, 300)


def write_part(pool: Path, texts: list[str], row_group_size: int = 100) -> FileEntry:
    (pool / "documents").mkdir(parents=True, exist_ok=True)
    table = pa.table({"id": [str(i) for i in range(len(texts))], "text": pa.array(texts, pa.string())})
    pq.write_table(table, pool / "documents/part.parquet", row_group_size=row_group_size)
    return entry_of(pool / "documents/part.parquet", "documents/part.parquet")


@pytest.mark.parametrize("texts", [TEXTS, [""], TEXTS[:3]])
def test_tokens_are_those_of_direct_encoding(tmp_path: Path, tokenizer: Tokenizer, texts: list[str]) -> None:
    part = TokenCache(tmp_path / "cache", tokenizer).part(tmp_path, write_part(tmp_path, texts))
    direct = [[*ids.tolist(), tokenizer.eos_id] for ids in tokenizer.encode_batch(texts)]
    assert part.ids.dtype == np.uint32
    assert part.ids.tolist() == [i for ids in direct for i in ids]
    assert part.lengths.tolist() == [len(ids) for ids in direct]
    assert [part.ids[a:b].tolist() for a, b in zip(part.offsets[:-1], part.offsets[1:], strict=True)] == direct


def test_a_part_without_documents(tmp_path: Path, tokenizer: Tokenizer) -> None:
    for _ in range(2):  # written, then read again
        part = TokenCache(tmp_path / "cache", tokenizer).part(tmp_path, write_part(tmp_path, []))
        assert (len(part.ids), part.offsets.tolist(), len(part.lengths)) == (0, [0], 0)


def test_a_part_is_tokenised_once_for_a_tokenizer(tmp_path: Path, tokenizer: Tokenizer) -> None:
    entry = write_part(tmp_path, TEXTS[:4])
    first = TokenCache(tmp_path / "cache", tokenizer).part(tmp_path, entry).ids.tolist()
    (tmp_path / entry.path).unlink()
    assert TokenCache(tmp_path / "cache", tokenizer).part(tmp_path, entry).ids.tolist() == first
    other = Tokenizer.train(TEXTS, 280)
    with pytest.raises(FileNotFoundError):
        TokenCache(tmp_path / "cache", other).part(tmp_path, entry)


def test_other_texts_under_the_same_name_are_other_tokens(tmp_path: Path, tokenizer: Tokenizer) -> None:
    cache = TokenCache(tmp_path / "cache", tokenizer)
    before = cache.part(tmp_path, write_part(tmp_path, ["one"])).ids.tolist()
    after = cache.part(tmp_path, write_part(tmp_path, ["two"])).ids.tolist()
    assert tokenizer.decode(before) == "one"
    assert tokenizer.decode(after) == "two"


def test_a_half_written_entry_is_written_again(tmp_path: Path, tokenizer: Tokenizer) -> None:
    """A run that was killed between the two files leaves the first alone."""
    entry = write_part(tmp_path, TEXTS[:4])
    cache = TokenCache(tmp_path / "cache", tokenizer)
    whole = cache.part(tmp_path, entry).offsets.tolist()
    (offsets,) = (tmp_path / "cache").rglob("*.offsets.npy")
    offsets.unlink()
    assert cache.part(tmp_path, entry).offsets.tolist() == whole
