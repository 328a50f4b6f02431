"""The bytes of input files: from any file system, and decompressed.

Decompression is one loop for all formats: members (gzip, bzip2, xz streams, zstd frames) follow each other, each has a
decoder of its own, and zero bytes may pad them. The libraries' own file objects differ in what they say of a file that
ends too early (zstandard's says nothing); here the end of the file inside of a member is always an error.
"""

from __future__ import annotations

import bz2
import contextlib
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

import zstandard

from curation.core.errors import BadInput

BUFFER_BYTES = 2**20
_CHUNK_BYTES = 64 * 2**10
_LONGEST_ZSTD_WINDOW = 2**31

_DECODERS: dict[str, Callable[[], Any]] = {
    ".gz": lambda: zlib.decompressobj(wbits=31),
    ".zst": lambda: zstandard.ZstdDecompressor(max_window_size=_LONGEST_ZSTD_WINDOW).decompressobj(),
    ".zstd": lambda: zstandard.ZstdDecompressor(max_window_size=_LONGEST_ZSTD_WINDOW).decompressobj(),
    ".bz2": bz2.BZ2Decompressor,
    ".xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ),
}
COMPRESSIONS = tuple(_DECODERS)


class Damaged(Exception):
    """A file that cannot be used from here on.

    Args:
        what: what is wrong with it.
        fix: what to do about it, if there is more to say than to replace it.
    """

    def __init__(self, what: str, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


def compression_of(name: str) -> str:
    """The suffix that says how a file is compressed; empty if it is not."""
    lowered = name.lower()
    return next((suffix for suffix in COMPRESSIONS if lowered.endswith(suffix)), "")


@contextlib.contextmanager
def open_stored(uri: str) -> Iterator[IO[bytes]]:
    """The bytes as they are stored, at a local path or an fsspec URI.

    Raises:
        BadInput: there is no such file, or it may not be read.
    """
    try:
        if "://" in uri:
            import fsspec

            filesystem, path = fsspec.core.url_to_fs(uri)
            stream = filesystem.open(path, "rb")
        else:
            stream = open(uri, "rb", buffering=0)  # noqa: SIM115, PTH123 - closed below; names need not be UTF-8
    except (FileNotFoundError, PermissionError) as error:
        raise BadInput(f"cannot be opened: {error.strerror or error}", where=uri) from error
    with stream:
        yield stream


@contextlib.contextmanager
def open_content(uri: str) -> Iterator[io.BufferedReader[Any]]:
    """The bytes that a file's name says are in it, decompressed.

    Reading raises `Damaged` where the file is not what its name says, or ends too early.
    """
    suffix = compression_of(uri)
    with open_stored(uri) as stored:
        if suffix:
            raw: io.RawIOBase = _Decompressed(stored, _DECODERS[suffix], suffix)
        else:
            raw = stored if isinstance(stored, io.RawIOBase) else _Plain(stored)
        with io.BufferedReader(raw, BUFFER_BYTES) as stream:
            yield stream


def skip(stream: IO[bytes], n_bytes: int | None = None) -> int:
    """Pass over so many bytes, or all that are left; returns how many there were."""
    skipped = 0
    while chunk := stream.read(BUFFER_BYTES if n_bytes is None else min(n_bytes - skipped, BUFFER_BYTES)):
        skipped += len(chunk)
    return skipped


class _Plain(io.RawIOBase):
    """Any readable object as raw input."""

    def __init__(self, stored: IO[bytes]) -> None:
        self._stored = stored

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        data = self._stored.read(len(target))
        target[: len(data)] = data
        return len(data)


class _Decompressed(io.RawIOBase):
    """What is in a compressed file."""

    def __init__(self, stored: IO[bytes], decoder: Callable[[], Any], suffix: str) -> None:
        self._stored = stored
        self._new_decoder = decoder
        self._suffix = suffix
        self._decoder: Any = None
        self._undecoded = b""
        self._decoded = memoryview(b"")
        self._stored_bytes = 0
        self._members = 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._decoded:
            if not self._decode():
                return 0
        n = min(len(target), len(self._decoded))
        target[:n] = self._decoded[:n]
        self._decoded = self._decoded[n:]
        return n

    def _decode(self) -> bool:
        """Decode the next chunk; false at the end of the file."""
        chunk = self._undecoded or self._stored.read(_CHUNK_BYTES)
        if not self._undecoded:
            self._stored_bytes += len(chunk)
        self._undecoded = b""
        if not chunk:
            if self._decoder is not None:
                raise Damaged(f"the {self._suffix} data ends too early, after {self._stored_bytes:,} bytes")
            return False
        if self._decoder is None:
            chunk = chunk.lstrip(b"\0") if self._members else chunk
            if not chunk:
                return True
            self._decoder = self._new_decoder()
            self._members += 1
        try:
            self._decoded = memoryview(self._decoder.decompress(chunk))
        except (zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            place = f"before byte {self._stored_bytes:,}"
            raise Damaged(f"the {self._suffix} data is damaged {place} ({error})") from error
        if self._decoder.eof:
            self._undecoded = self._decoder.unused_data
            self._decoder = None
        return True
