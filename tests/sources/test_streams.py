"""Compressed files: members follow each other, and a file that ends too early or is damaged always says so."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest
import zstandard

from curation.core.errors import BadInput
from curation.sources.streams import Damaged, open_content, skip
from tests.support.source_files import COMPRESS

PACKED = [suffix for suffix in COMPRESS if suffix]
DATA = b"".join(f"line {i} of a file\n".encode() * (i % 7) for i in range(3000))


def content(path: Path, data: bytes) -> bytes:
    path.write_bytes(data)
    with open_content(str(path)) as stream:
        return stream.read()


@pytest.mark.parametrize("suffix", COMPRESS)
def test_content_is_what_was_packed(tmp_path: Path, suffix: str) -> None:
    assert content(tmp_path / f"a{suffix}", COMPRESS[suffix](DATA)) == DATA
    assert content(tmp_path / f"a{suffix.upper()}", COMPRESS[suffix](DATA)) == DATA
    assert content(tmp_path / f"a{suffix}", b"") == b""


@pytest.mark.parametrize("suffix", PACKED)
def test_members_follow_each_other(tmp_path: Path, suffix: str) -> None:
    pack = COMPRESS[suffix]
    members = pack(DATA[:1000]) + pack(b"") + pack(DATA[1000:1001]) + pack(DATA[1001:])
    assert content(tmp_path / f"a{suffix}", members) == DATA
    assert content(tmp_path / f"a{suffix}", pack(DATA) + bytes(8)) == DATA


def test_zstd_frames_without_a_size_and_with_a_long_window(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=28, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    assert content(tmp_path / "a.zst", packer.compress(DATA) + packer.flush()) == DATA


@pytest.mark.parametrize("suffix", PACKED)
def test_a_file_that_ends_too_early_is_damaged_and_gives_what_is_before(tmp_path: Path, suffix: str) -> None:
    whole = COMPRESS[suffix](DATA)
    for n in [1, 5, *range(20, len(whole), max(1, len(whole) // 10)), len(whole) - 1]:
        with pytest.raises(Damaged, match="too early"):
            content(tmp_path / f"a{suffix}", whole[:n])
    with pytest.raises(Damaged, match="too early"):
        content(tmp_path / f"a{suffix}", whole + whole[:-1])
    got = []
    with open_content(str(tmp_path / f"a{suffix}")) as stream, pytest.raises(Damaged):
        got += list(stream)
    path = tmp_path / f"two{suffix}"
    path.write_bytes(whole + whole[:-1])
    with open_content(str(path)) as stream:
        first = [stream.readline() for _ in range(DATA.count(b"\n"))]
    assert b"".join(first) == DATA


@pytest.mark.parametrize("suffix", PACKED)
def test_what_is_no_such_file_is_damaged(tmp_path: Path, suffix: str) -> None:
    whole = COMPRESS[suffix](DATA)
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]
    for data in (b"plain text, not packed at all\n" * 3, bytes(100), whole + b"garbage", flipped):
        with pytest.raises(Damaged):
            content(tmp_path / f"a{suffix}", data)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_remote_files_are_read_alike(suffix: str) -> None:
    uri = f"memory://streams/a{suffix}"
    fsspec.filesystem("memory").pipe(uri, COMPRESS[suffix](DATA))
    with open_content(uri) as stream:
        assert stream.readline() == b"line 1 of a file\n"
        assert skip(stream, 17) == 17
        assert skip(stream) == len(DATA) - 34
        assert skip(stream, 1) == 0


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for uri in (str(tmp_path / "none.gz"), "memory://streams/none.gz"):
        with pytest.raises(BadInput, match="cannot be opened"), open_content(uri):
            pass
