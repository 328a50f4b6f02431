"""`mix whence`: where a training token comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from curation.core.errors import BadInput
from curation.core.tokenizer import Tokenizer
from curation.pipeline.fates import Fate, find_fates
from mixing.shards.format import DocumentRow
from mixing.shards.reader import ShardReader
from recipes.lineage.why import finished_stages

_ADDRESS = re.compile(r"^(?P<directory>.+?)/?(?P<part>tokens/part-\d+\.npy):(?P<position>\d+)$")
_CONTEXT_TOKENS = 24


@dataclass(frozen=True)
class Whence:
    """A token and the document it belongs to.

    Args:
        before, token, after: the text around it.
        offset: of the token in this piece of the document, from 0.
        fate: the document in the pool of the same run; None where there is no such run.
    """

    token_id: int
    before: str
    token: str
    after: str
    row: DocumentRow
    offset: int
    fate: Fate | None


def whence(address: str) -> Whence:
    """The document behind a token.

    Args:
        address: DIRECTORY/tokens/part-NNNNN.npy:POSITION, the position counted in that part from 0.

    Raises:
        BadInput: the address is malformed, or there is no such part or position.
    """
    match = _ADDRESS.match(address)
    if match is None:
        raise BadInput(f"{address!r} is not the address of a token", fix="write DIRECTORY/tokens/part-00003.npy:12345")
    directory, position = Path(match["directory"]), int(match["position"])
    reader = ShardReader(directory)
    parts = [file.path for file in reader.manifest.token_files]
    if match["part"] not in parts:
        raise BadInput(f"no part {match['part']}", where=str(directory), fix=f"the last one is {parts[-1]}")
    number = parts.index(match["part"])
    row = reader.document_at(position, number)
    first = reader.manifest.part_tokens * number
    start, end = max(row.start, position - _CONTEXT_TOKENS), min(row.end, position + 1 + _CONTEXT_TOKENS)
    ids = reader.tokens(first + start, first + end).tolist()
    here = position - start
    tokenizer = Tokenizer.load(directory / "tokenizer.json")
    return Whence(
        token_id=ids[here],
        before=tokenizer.decode(ids[:here]),
        token="<end of document>" if ids[here] == tokenizer.eos_id else tokenizer.decode(ids[here : here + 1]),
        after=tokenizer.decode(ids[here + 1 :]),
        row=row,
        offset=position - row.start,
        fate=_fate(directory, row.id),
    )


def _fate(directory: Path, document_id: str) -> Fate | None:
    run = directory.absolute().parent  # the link's folder, not that of the output behind it
    run = run.parent if run.name == ".outputs" else run
    pools = [path for _, path, kind in finished_stages(run) if kind == "pool"]
    return next((fate for pool in pools for fate in find_fates(pool, document_id)), None)
