"""A tiny shard set that was written once: emission gives the same bytes today, and a reader of then could read it.

`pytest --update-golden` writes it anew; a change of it is a change of the format or of the order of documents, and
belongs into the changelog.
"""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curation.core.events import NoEvents
from mixing.emit.emit import EmitJob, emit
from mixing.shards.reader import ShardReader
from mixing.shards.verify import verify
from tests.support.pools import Text, file_bytes, tokenizer, write_pool

GOLDEN = Path(__file__).parents[2] / "golden"
POOL = [
    Text("the weight of a domain in a mixture is one number", "docs/prose", 0),
    Text("every shard is more than the token in one mixture", "docs/prose", 1),
    Text("", "docs/prose", 1),
    Text("for token in shard :\n  weight += 1\n", "code/python", 0),
    Text("<|endoftext|> is text here, na\u00efve and 7 , 42", "code/python", 0),
]
ALLOCATION = {("docs/prose", 0): 40, ("docs/prose", 1): 70, ("code/python", 0): 230}


def emitted(folder: Path) -> Path:
    job = EmitJob(
        write_pool(folder / "pool", POOL), GOLDEN / "shards/tokenizer.json", folder / "cache", ALLOCATION, seed=17
    )
    emit(job, folder / "shards", 1, NoEvents())
    return folder / "shards"


def comparable(shards: Path) -> dict[str, Any]:
    """All bytes, but of an index its text: how it is compressed depends on the version of zlib."""
    files: dict[str, Any] = file_bytes(shards)
    for name in [name for name in files if name.endswith(".gz")]:
        files[name] = gzip.decompress(files[name])
    manifest = json.loads(files["manifest.json"])
    for file in manifest["files"]:
        if file["path"].endswith(".gz"):
            file["size_bytes"] = file["xxh3_128"] = None
    return {**files, "manifest.json": manifest, "keys": list(manifest)}


def test_emission_writes_the_golden_shards(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--update-golden"):
        shutil.rmtree(GOLDEN / "shards", ignore_errors=True)
        (GOLDEN / "shards").mkdir(parents=True)
        (GOLDEN / "shards/tokenizer.json").write_bytes(tokenizer().serialized)
        shutil.copytree(emitted(tmp_path), GOLDEN / "shards", dirs_exist_ok=True)
        return
    assert comparable(emitted(tmp_path)) == comparable(GOLDEN / "shards")


def test_the_golden_shards_are_sound() -> None:
    assert verify(GOLDEN / "shards") == []
    reader = ShardReader(GOLDEN / "shards")
    tokens = np.fromfile(GOLDEN / "shards/tokens/part-00000.npy", dtype="<u2")
    assert tokens.tolist() == reader.tokens(0, 340).tolist()
    assert {row.domain for row in reader.documents()} == {"docs/prose", "code/python"}
