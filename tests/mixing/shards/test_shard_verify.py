"""Every kind of damage is found and named. Checksums are made right again, so that the other checks have to find it."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curation.core.errors import BadInput
from curation.core.storage import entry_of
from mixing.shards.format import DocumentRow, encode_index, read_index
from mixing.shards.verify import WINDOW_TOKENS, verify
from tests.support.pools import Text, available_tokens, emit_shards, random_text, tokenizer, write_pool

FIRST, INDEX = "tokens/part-00000.npy", "tokens/part-00000.csv.gz"
EOS = tokenizer().eos_id


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shards of three parts; cut documents at the borders."""
    rng = np.random.default_rng(4)
    documents = [Text(random_text(rng, int(rng.integers(1, 900))), f"d{i % 2}", i % 3) for i in range(60)]
    folder = tmp_path_factory.mktemp("verify")
    allocation = {cell: 4 * n + 7 for cell, n in available_tokens(documents).items()}
    shards, manifest = emit_shards(folder, write_pool(folder / "pool", documents, 30), allocation)
    assert len(manifest.token_files) > 2
    return shards


@pytest.fixture
def shards(intact: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(intact, tmp_path / "shards"))


def manifest_of(shards: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((shards / "manifest.json").read_bytes())
    return manifest


def write_manifest(shards: Path, manifest: dict[str, Any]) -> None:
    (shards / "manifest.json").write_text(json.dumps(manifest))


def seal(shards: Path) -> None:
    """Make sizes and checksums of the manifest right."""
    manifest = manifest_of(shards)
    manifest["files"] = [entry_of(shards / file["path"], file["path"]).__dict__ for file in manifest["files"]]
    write_manifest(shards, manifest)


def change_token(shards: Path, position: int, value: int) -> None:
    tokens = np.fromfile(shards / FIRST, "<u2")
    tokens[position] = value
    tokens.tofile(shards / FIRST)


def change_rows(shards: Path, change: Callable[[list[DocumentRow]], list[DocumentRow]]) -> None:
    rows = change(list(read_index(shards / INDEX)))
    (shards / INDEX).write_bytes(encode_index(rows))


def long_row(shards: Path) -> DocumentRow:
    return next(row for row in read_index(shards / INDEX) if row.end - row.start > 5)


def test_what_is_intact_has_no_problems(intact: Path) -> None:
    assert verify(intact) == []


def test_a_directory_without_a_manifest_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no manifest\.json"):
        verify(tmp_path)


@pytest.mark.parametrize("position", [0, 17, 65_534])
def test_a_flipped_token(shards: Path, position: int) -> None:
    change_token(shards, position, 3 + int(np.fromfile(shards / FIRST, "<u2")[position]))
    (problem,) = verify(shards)
    assert problem.startswith(f"{FIRST}: checksum")


def test_an_end_of_text_inside_a_document(shards: Path) -> None:
    place = long_row(shards).start + 2
    change_token(shards, place, EOS)
    seal(shards)
    assert verify(shards) == [f"{FIRST}: EOS inside a document, at {place}"]


def test_a_document_without_its_end_of_text(shards: Path) -> None:
    place = long_row(shards).end - 1
    change_token(shards, place, 5)
    seal(shards)
    assert verify(shards) == [f"{FIRST}: EOS missing at the end of a document, at {place}"]


def test_a_token_beyond_the_vocabulary(shards: Path) -> None:
    place = long_row(shards).start
    change_token(shards, place, 300)
    seal(shards)
    assert verify(shards) == [f"{FIRST}: token 300 at {place} is beyond the vocabulary of {tokenizer().vocab_size}"]


@pytest.mark.parametrize("path", [FIRST, INDEX, "tokenizer.json"])
@pytest.mark.parametrize("damage", ["missing", "truncated"])
def test_a_file_that_is_not_whole(shards: Path, path: str, damage: str) -> None:
    if damage == "missing":
        (shards / path).unlink()
    else:
        (shards / path).write_bytes((shards / path).read_bytes()[:-1])
    (problem,) = verify(shards)
    assert problem.startswith(f"{path}: ")


def test_a_part_that_is_too_short_by_its_own_account(shards: Path) -> None:
    (shards / FIRST).write_bytes((shards / FIRST).read_bytes()[:-2])
    seal(shards)
    problems = verify(shards)
    assert f"{FIRST}: not 65536 tokens long" in problems
    assert any("the budget is" in problem for problem in problems)


def test_a_part_of_half_a_token(shards: Path) -> None:
    last = sorted((shards / "tokens").glob("*.npy"))[-1]
    last.write_bytes(last.read_bytes()[:-1])
    seal(shards)
    assert "a part is empty or not of whole uint16 tokens" in verify(shards)


def test_a_part_that_is_listed_twice(shards: Path) -> None:
    manifest = manifest_of(shards)
    manifest["files"].append(next(file for file in manifest["files"] if file["path"] == FIRST))
    write_manifest(shards, manifest)
    assert f"{FIRST}: listed 2 times" in verify(shards)


@pytest.mark.parametrize("path", [INDEX, "tokenizer.json"])
def test_a_file_that_is_not_listed(shards: Path, path: str) -> None:
    manifest = manifest_of(shards)
    manifest["files"] = [file for file in manifest["files"] if file["path"] != path]
    write_manifest(shards, manifest)
    assert verify(shards) == [f"{path}: not listed"]


def test_another_tokenizer(shards: Path) -> None:
    (shards / "tokenizer.json").write_bytes(tokenizer().serialized + b"\n")
    seal(shards)
    (problem,) = verify(shards)
    assert problem.startswith("tokenizer.json: sha256")


def test_an_index_with_a_gap(shards: Path) -> None:
    change_rows(shards, lambda rows: [*rows[:2], *rows[3:]])
    seal(shards)
    (problem,) = verify(shards)
    assert "expected it to start at" in problem


def test_an_index_that_ends_early(shards: Path) -> None:
    change_rows(shards, lambda rows: rows[:-1])
    seal(shards)
    (problem,) = verify(shards)
    assert "the index ends at" in problem


def test_an_index_whose_border_is_off_by_one(shards: Path) -> None:
    def shift(rows: list[DocumentRow]) -> list[DocumentRow]:
        rows[3], rows[4] = replace(rows[3], end=rows[3].end + 1), replace(rows[4], start=rows[4].start + 1)
        return rows

    change_rows(shards, shift)
    seal(shards)
    (problem,) = verify(shards)
    assert "EOS inside a document" in problem


@pytest.mark.parametrize(
    "raw", [b"no gzip", gzip.compress(b"0,5,only\n"), gzip.compress(b"0,x,i,s,l,d,0,0\n"), gzip.compress(b"0,5")[:-9]]
)
def test_an_index_that_is_none(shards: Path, raw: bytes) -> None:
    (shards / INDEX).write_bytes(raw)
    seal(shards)
    (problem,) = verify(shards)
    assert problem.startswith(f"{INDEX}: not an index")


def test_a_document_under_another_domain(shards: Path) -> None:
    change_rows(shards, lambda rows: [replace(rows[0], domain="d9"), *rows[1:]])
    seal(shards)
    problems = verify(shards)
    assert any(problem.startswith("d9 bucket") and "the manifest does not know" in problem for problem in problems)
    assert any("tokens in the index" in problem for problem in problems)


@pytest.mark.parametrize("key", ["asked_tokens", "delivered_tokens", "documents", "unique_tokens"])
def test_counts_that_are_wrong(shards: Path, key: str) -> None:
    manifest = manifest_of(shards)
    manifest["domains"][0][key] += 10**6
    write_manifest(shards, manifest)
    (problem,) = verify(shards)
    assert problem.startswith("d0 bucket 0: ")
    assert str(manifest["domains"][0][key]) in problem


def test_a_budget_that_is_wrong(shards: Path) -> None:
    manifest = manifest_of(shards)
    manifest["budget_tokens"] += 1
    write_manifest(shards, manifest)
    (problem,) = verify(shards)
    assert "the budget is" in problem


def two_domains(folder: Path, lengths: list[int], domains: list[str]) -> Path:
    """Shards of documents of given lengths, in that order."""
    from mixing.shards.format import index_name

    total = sum(lengths)
    stream = np.full(total, 5, "<u2")
    ends = np.cumsum(lengths)
    stream[ends - 1] = EOS
    rows = [
        DocumentRow(int(end) - n, int(end), f"{i}", "s", "l", domain, 0, 0)
        for i, (end, n, domain) in enumerate(zip(ends, lengths, domains, strict=True))
    ]
    (folder / "tokens").mkdir(parents=True)
    stream.tofile(folder / FIRST)
    (folder / index_name(FIRST)).write_bytes(encode_index(rows))
    (folder / "tokenizer.json").write_bytes(tokenizer().serialized)
    cells = []
    for name in sorted(set(domains)):
        mine = [n for n, domain in zip(lengths, domains, strict=True) if domain == name]
        same = dict.fromkeys(("asked_tokens", "delivered_tokens", "unique_tokens", "available_tokens"), sum(mine))
        cells.append({"domain": name, "bucket": 0, **same, "documents": len(mine), "bytes": 1})
    facts = {"vocab_size": 300, "eos_id": EOS, "pad_id": 1, "tokenizer_sha256": tokenizer().sha256, "seed": 1}
    head = {"schema": 1, "kind": "shards", "budget_tokens": total, "dtype": "uint16", "part_tokens": 2**26}
    files = [{"path": path, "size_bytes": 0, "xxh3_128": ""} for path in ("tokenizer.json", FIRST, INDEX)]
    write_manifest(folder, {**head, **facts, "domains": cells, "files": files})
    seal(folder)
    return folder


def test_a_window_with_too_much_of_a_domain(tmp_path: Path) -> None:
    n = 2 * WINDOW_TOKENS // 1000
    even = ["a", "b"] * (n // 2)
    assert verify(two_domains(tmp_path / "even", [1000] * len(even), even)) == []
    uneven = [*even[: n // 2], *["a"] * 15, *["b"] * 15, *even[n // 2 :]]  # 15,000 tokens in a row are 7,500 too many
    assert verify(two_domains(tmp_path / "nearly", [1000] * len(uneven), uneven)) == []
    uneven = [*even[: n // 2], *["a"] * 30, *["b"] * 30, *even[n // 2 :]]
    problems = verify(two_domains(tmp_path / "uneven", [1000] * len(uneven), uneven))
    assert [problem[:1] for problem in problems] == ["a", "b"]
    assert "50.0% of the whole" in problems[0]


def test_a_document_that_is_longer_than_a_window_allows_is_no_fault(tmp_path: Path) -> None:
    n = 2 * WINDOW_TOKENS // 1000
    even = ["a", "b"] * (n // 2)
    lengths = [*[1000] * (n // 2), 40_000, *[1000] * (n // 2)]
    assert verify(two_domains(tmp_path / "long", lengths, [*even[: n // 2], "a", *even[n // 2 :]])) == []
