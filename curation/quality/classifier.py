"""What a quality classifier is, and the file that keeps one.

A model file is one line of JSON, then the classifier's own bytes. The line names the method that reads them, and says
what the model was made from and how well it does on documents that it has not seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.core.errors import BadInput
from curation.quality.hashed_logistic import HashedLogistic

Labelled: TypeAlias = tuple[pa.Array, npt.NDArray[np.bool_]]
"""Texts, and whether each is of the positive class."""

KIND = "quality-model"
_SCHEMA = 1
_LONGEST_HEADER = 1 << 16


class Classifier(Protocol):
    """Tells two classes of texts apart. Same texts in, same bytes out."""

    method: ClassVar[str]
    """Its name in model files."""

    @classmethod
    def fit(cls, documents: Iterable[Labelled]) -> Classifier:
        """Learn from documents of both classes; they are gone through once, in order."""

    def score_logit(self, texts: pa.Array) -> npt.NDArray[np.float64]:
        """For every text the log of the odds that it is positive, both classes taken for equally likely."""

    def to_bytes(self) -> bytes:
        """All that it knows."""

    @classmethod
    def from_bytes(cls, data: bytes) -> Classifier:
        """From `to_bytes`.

        Raises:
            ValueError: the bytes are not of this method.
        """


METHODS: Mapping[str, type[Classifier]] = {HashedLogistic.method: HashedLogistic}


def pack(classifier: Classifier, report: Mapping[str, Any]) -> bytes:
    """The bytes of a model file.

    Args:
        classifier: what is kept.
        report: what else the first line says; JSON values.
    """
    header = {"schema": _SCHEMA, "kind": KIND, "method": classifier.method, **report}
    return json.dumps(header, ensure_ascii=False, allow_nan=False).encode() + b"\n" + classifier.to_bytes()


def unpack(data: bytes, where: str) -> tuple[Classifier, dict[str, Any]]:
    """The classifier of a model file, and its report.

    Args:
        data: the file's bytes.
        where: the file's name, for errors.

    Raises:
        BadInput: the bytes are no model file, or a damaged one.
    """
    line = data[:_LONGEST_HEADER].partition(b"\n")[0]
    try:
        header = json.loads(line)
        if (header["schema"], header["kind"]) != (_SCHEMA, KIND):
            raise ValueError(f"schema {header['schema']}, kind {header['kind']!r}")
        classifier = METHODS[header["method"]].from_bytes(data[len(line) + 1 :])
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"no quality model: {_said(error)}",
            where=where,
            fix="give a file that a `quality` step wrote (models/*.model of a pool), or positives and negatives",
        ) from error
    return classifier, {key: value for key, value in header.items() if key not in ("schema", "kind")}


def _said(error: Exception) -> str:
    if isinstance(error, (UnicodeDecodeError, json.JSONDecodeError)):
        return "its first line is no JSON"
    if isinstance(error, KeyError):
        return f"its first line has no known {error.args[0]}"
    return "its first line is no mapping" if isinstance(error, TypeError) else str(error)
