"""The commit protocol on an S3 server, which runs in this process: no rename, no half of a file, the manifest last."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from curation.core.errors import BadInput
from curation.core.storage import Directory, commit, damaged, listed, read_manifest
from curation.sources.source import SourceConfig, splits_of

# the promises of every file system, here with the `directory` below
from tests.core.test_storage import (  # noqa: F401
    test_a_directory_counts_once_its_manifest_is_there,
    test_a_file_that_fails_half_way_never_appears,
    test_a_manifest_of_another_kind_is_refused,
    test_a_written_file_reads_back_and_is_described,
)

pytest.importorskip("s3fs", reason="pip install 'mixwright[s3]'")
pytest.importorskip("moto", reason="pip install 'moto[server]'")

BUCKET = "bucket"


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The URI of a bucket."""
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem.clear_instance_cache()
        s3fs.S3FileSystem().mkdir(BUCKET)
        yield f"s3://{BUCKET}"
        s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.fixture
def directory(s3: str, tmp_path: Path) -> Directory:
    return Directory(f"{s3}/{tmp_path.name}/out")


def objects(directory: Directory) -> list[str]:
    """The keys of a directory, as the server knows them."""
    import s3fs

    root = directory.location.removeprefix("s3://")
    filesystem = s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)
    return sorted(key.removeprefix(f"{root}/") for key in filesystem.find(root))


def test_a_file_is_not_there_until_it_is_whole(directory: Directory) -> None:
    with directory.create("part.bin") as draft:
        draft.stream.write(b"x" * 2**20)
        draft.stream.flush()
        assert objects(directory) == []
    assert objects(directory) == ["part.bin"]
    assert directory.read_bytes("part.bin") == b"x" * 2**20


def test_two_attempts_of_a_file_leave_one_whole_object(directory: Directory) -> None:
    with directory.create("part.bin") as slow:
        slow.stream.write(b"who")
        first = directory.write_bytes("part.bin", b"whole")
        assert directory.read_bytes("part.bin") == b"whole"
        slow.stream.write(b"le")
    assert slow.entry == first
    assert objects(directory) == ["part.bin"]
    assert directory.read_bytes("part.bin") == b"whole"


def test_an_attempt_that_fails_leaves_the_object_of_the_other(directory: Directory) -> None:
    directory.write_bytes("part.bin", b"whole")
    with pytest.raises(RuntimeError), directory.create("part.bin") as draft:
        draft.stream.write(b"wh")
        raise RuntimeError
    assert directory.read_bytes("part.bin") == b"whole"


def test_readers_go_through_the_manifest(directory: Directory) -> None:
    entry = directory.write_bytes("part-00000.bin", b"whole")
    directory.write_bytes("part-00001.bin", b"of an attempt that nobody finished")
    with pytest.raises(BadInput, match="not a finished output"):
        read_manifest(directory)
    commit(directory, "pool", [entry])
    manifest = read_manifest(directory, "pool")
    assert [file.path for file in listed(manifest)] == ["part-00000.bin"]
    assert damaged(directory, manifest) == []
    directory.write_bytes("part-00000.bin", b"whale")
    (problem,) = damaged(directory, manifest)
    assert problem.startswith("part-00000.bin: checksum")


def test_a_removed_directory_is_gone_and_its_neighbour_is_not(directory: Directory, s3: str, tmp_path: Path) -> None:
    neighbour = Directory(f"{s3}/{tmp_path.name}/out2")
    directory.write_bytes("a/part.bin", b"1")
    neighbour.write_bytes("part.bin", b"2")
    directory.remove()
    assert objects(directory) == []
    assert not directory.exists("a/part.bin")
    assert objects(neighbour) == ["part.bin"]


def test_files_of_a_bucket_give_the_ids_of_the_local_copy(directory: Directory, tmp_path: Path) -> None:
    for name in ("a.jsonl.zst", "b.jsonl.zst"):
        lines = "".join(json.dumps({"text": f"{name} number {row}"}) + "\n" for row in range(50))
        data = zstandard.ZstdCompressor().compress(lines.encode())
        directory.write_bytes(name, data)
        Directory(tmp_path / "copy").write_bytes(name, data)

    def rows(folder: str) -> list[tuple[str, str]]:
        splits = splits_of(SourceConfig(name="texts", paths=[f"{folder}/*.jsonl.zst"]))
        batches = [batch for split in splits for batch in split.read()]
        return [(row["id"], row["text"]) for batch in batches for row in batch.to_pylist()]

    found = rows(directory.location)
    assert len({id_ for id_, _ in found}) == 100
    assert found == rows(str(tmp_path / "copy"))
