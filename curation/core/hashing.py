"""The one hash: document ids, partitions of keys, random streams. Everything is XXH3.

- Ids are XXH3-128 over length-prefixed fields, so that no two lists of fields share an encoding.
- The partition of a key is XXH3-64 of the key's bytes modulo the number of partitions. Keys of 8 and 16 bytes (hash
  values and ids, which is nearly all that crosses an exchange) are hashed by vectorised numpy code with the same
  values as the xxhash library; other keys go through the library one by one.
- A random stream is a PCG64 generator seeded by XXH3-128 of (seed, name, ...): the same on every engine.

Reference: Y. Collet, xxHash specification 0.8 (doc/xxhash_spec.md), XXH3 for 4 to 8 and 9 to 16 bytes, seed 0.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

U64 = np.uint64
_prefix = struct.Struct("<Q").pack
_SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248ee0"
)
_PRIME_MX2 = U64(0x9FB21C651E98DF25)
_PRIME_MX1 = U64(0x165667919E3779F9)


def document_id(source: str, source_id: str | None, location: str, row: int, text: bytes) -> str:
    """The id of a document: 32 lower-case hex digits of XXH3-128.

    Args:
        source: name of the source in the recipe.
        source_id: the user's own id, if there is one; it then replaces location and row.
        location: path relative to the root of the source's glob, never a scheme or host.
        row: row number inside that file, from 0.
        text: the document as UTF-8.
    """
    if source_id is not None:
        fields = [source.encode(), b"i", source_id.encode(), text]
    else:
        fields = [source.encode(), b"p", location.encode(), str(row).encode(), text]
    return xxhash.xxh3_128_hexdigest(b"".join([part for field in fields for part in (_prefix(len(field)), field)]))


def digest(*parts: str | bytes) -> str:
    """XXH3-128 of length-prefixed parts, as 32 hex digits: fingerprints and checksums of small things."""
    state = xxhash.xxh3_128()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        state.update(struct.pack("<Q", len(raw)))
        state.update(raw)
    return state.hexdigest()


def hash64(data: bytes) -> int:
    """XXH3-64, seed 0."""
    return xxhash.xxh3_64_intdigest(data)


def random_stream(seed: int, *key: str | int) -> np.random.Generator:
    """A generator that depends on (seed, key) alone: never on workers, order or time."""
    return np.random.Generator(np.random.PCG64(int(digest(str(seed), *(str(part) for part in key)), 16)))


def hash_column(column: pa.Array) -> npt.NDArray[np.uint64]:
    """XXH3-64 of every value of a key column (int32/64, bool, string or binary); null hashes as the empty string.

    Integers hash as 8 little-endian bytes, so that int32 and int64 keys of equal value meet in one partition.
    """
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        filled = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        hashes = xxh3_64_of_8_bytes(filled.astype(np.int64, copy=False).view(U64))
        return np.where(_null_mask(column), U64(hash64(b"")), hashes).astype(U64, copy=False)
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        return _hash_variable(column)
    raise TypeError(f"a key column of type {column.type} cannot be hashed")


def partition_of(columns: list[pa.Array], n_partitions: int) -> npt.NDArray[np.int32]:
    """The partition, 0 to n_partitions - 1, of every row by its key columns. Several columns combine in order."""
    combined = hash_column(columns[0])
    for column in columns[1:]:
        combined = xxh3_64_of_8_bytes(combined ^ (hash_column(column) * _PRIME_MX1))
    return (combined % U64(n_partitions)).astype(np.int32)


def xxh3_64_of_8_bytes(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """XXH3-64 (seed 0) of 8-byte inputs, given as little-endian words."""
    flip = U64(_secret_word(8) ^ _secret_word(16))
    low, high = words & U64(0xFFFFFFFF), words >> U64(32)
    # the specification reads the first and the last 4 bytes: high + (low << 32)
    x = (high + (low << U64(32))) ^ flip
    x ^= _rotl(x, 49) ^ _rotl(x, 24)
    x *= _PRIME_MX2
    x ^= (x >> U64(35)) + U64(8)
    x *= _PRIME_MX2
    return x ^ (x >> U64(28))


def xxh3_64_of_16_bytes(low: npt.NDArray[np.uint64], high: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """XXH3-64 (seed 0) of 16-byte inputs, given as two little-endian words."""
    a = low ^ U64(_secret_word(24) ^ _secret_word(32))
    b = high ^ U64(_secret_word(40) ^ _secret_word(48))
    product_low, product_high = _multiply_128(a, b)
    x = U64(16) + a.byteswap() + b + (product_low ^ product_high)
    x ^= x >> U64(37)
    x *= _PRIME_MX1
    mixed: npt.NDArray[np.uint64] = x ^ (x >> U64(32))
    return mixed


def _hash_variable(column: pa.Array) -> npt.NDArray[np.uint64]:
    raw = column.cast(pa.binary())
    lengths = np.diff(_offsets(raw))
    if len(raw) and raw.null_count == 0 and (lengths == lengths[0]).all() and lengths[0] in (8, 16):
        start = int(_offsets(raw)[0])
        data = np.frombuffer(raw.buffers()[2], dtype=np.uint8)[start : start + int(lengths.sum())]
        words = data.copy().view(U64)
        return xxh3_64_of_8_bytes(words) if lengths[0] == 8 else xxh3_64_of_16_bytes(words[0::2], words[1::2])
    return np.fromiter((hash64(value or b"") for value in raw.to_pylist()), dtype=U64, count=len(raw))


def _offsets(raw: Any) -> npt.NDArray[np.int32]:
    every = np.frombuffer(raw.buffers()[1], dtype=np.int32)
    offsets: npt.NDArray[np.int32] = every[raw.offset : raw.offset + len(raw) + 1]
    return offsets


def _null_mask(column: Any) -> npt.NDArray[np.bool_]:
    mask: npt.NDArray[np.bool_] = column.is_null().to_numpy(zero_copy_only=False)
    return mask


def _secret_word(offset: int) -> int:
    word: int = struct.unpack_from("<Q", _SECRET, offset)[0]
    return word


def _rotl(x: npt.NDArray[np.uint64], bits: int) -> npt.NDArray[np.uint64]:
    return (x << U64(bits)) | (x >> U64(64 - bits))


def _multiply_128(
    a: npt.NDArray[np.uint64], b: npt.NDArray[np.uint64]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    mask, half = U64(0xFFFFFFFF), U64(32)
    a_low, a_high, b_low, b_high = a & mask, a >> half, b & mask, b >> half
    low_low, high_low, low_high, high_high = a_low * b_low, a_high * b_low, a_low * b_high, a_high * b_high
    cross = (low_low >> half) + (high_low & mask) + low_high
    return (cross << half) | (low_low & mask), high_high + (high_low >> half) + (cross >> half)
