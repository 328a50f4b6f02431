"""Files appear whole or not at all, on local and other file systems; the manifest comes last."""

from pathlib import Path

import pytest

from curation.core.errors import BadInput
from curation.core.storage import Directory, commit, damaged, listed, read_manifest


@pytest.fixture(params=["local", "memory"])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Directory:
    if request.param == "local":
        return Directory(tmp_path / "out")
    return Directory(f"memory://{tmp_path.as_posix().strip('/')}/out")


def test_a_file_that_fails_half_way_never_appears(directory: Directory) -> None:
    with pytest.raises(RuntimeError), directory.create("a/part.bin") as draft:
        draft.stream.write(b"half")
        raise RuntimeError
    assert not directory.exists("a/part.bin")


def test_a_written_file_reads_back_and_is_described(directory: Directory) -> None:
    entry = directory.write_bytes("a/part.bin", b"whole")
    assert directory.read_bytes("a/part.bin") == b"whole"
    assert (entry.path, entry.size_bytes) == ("a/part.bin", 5)


def test_nothing_temporary_is_left(tmp_path: Path) -> None:
    Directory(tmp_path).write_bytes("x", b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_directory_counts_once_its_manifest_is_there(directory: Directory) -> None:
    entry = directory.write_bytes("part.bin", b"whole")
    with pytest.raises(BadInput, match="not a finished output"):
        read_manifest(directory, "pool")
    commit(directory, "pool", [entry], seed=3)
    manifest = read_manifest(directory, "pool")
    assert manifest["seed"] == 3
    assert listed(manifest) == [entry]
    assert damaged(directory, manifest) == []


def test_a_manifest_of_another_kind_is_refused(directory: Directory) -> None:
    commit(directory, "counts", [])
    with pytest.raises(BadInput, match="'counts'"):
        read_manifest(directory, "pool")


@pytest.mark.parametrize("damage", ["changed", "shortened", "missing"])
def test_damage_is_found_and_named(tmp_path: Path, damage: str) -> None:
    directory = Directory(tmp_path)
    manifest = commit(directory, "pool", [directory.write_bytes("part.bin", b"whole")])
    file = tmp_path / "part.bin"
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(b"whale" if damage == "changed" else b"who")
    (problem,) = damaged(directory, manifest)
    assert problem.startswith("part.bin: ")
