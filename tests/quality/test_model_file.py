"""A model file gives back what was packed; anything else is refused with the file's name and what is wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest

from curation.core.errors import BadInput
from curation.quality.classifier import pack, unpack
from curation.quality.hashed_logistic import HashedLogistic
from curation.quality.kernels import SLOTS


@pytest.fixture(scope="module")
def data() -> bytes:
    return pack(HashedLogistic(np.arange(SLOTS) / 8, -1.5), {"documents": {"positives": 3}, "note": "\u00e9"})


def test_the_classifier_and_the_report_come_back(data: bytes) -> None:
    classifier, report = unpack(data, "x.model")
    assert isinstance(classifier, HashedLogistic)
    assert (classifier.bias, classifier.weights[-1]) == (-1.5, (SLOTS - 1) / 8)
    assert report == {"method": "hashed-logistic", "documents": {"positives": 3}, "note": "\u00e9"}


def test_the_first_line_says_what_the_file_is(data: bytes) -> None:
    header = json.loads(data.split(b"\n", 1)[0])
    assert (header["schema"], header["kind"], header["method"]) == (1, "quality-model", "hashed-logistic")


def with_header(data: bytes, **changes: object) -> bytes:
    line, rest = data.split(b"\n", 1)
    header = {key: value for key, value in (json.loads(line) | changes).items() if value is not None}
    return json.dumps(header).encode() + b"\n" + rest


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: b"", "no JSON"),
        (lambda data: b"\x80\x04pickled", "no JSON"),
        (lambda data: b"[1, 2]\n", "no mapping"),
        (lambda data: b"{}\n", "schema"),
        (lambda data: with_header(data, kind="pool"), "kind 'pool'"),
        (lambda data: with_header(data, schema=2), "schema 2"),
        (lambda data: with_header(data, method="oracle"), "oracle"),
        (lambda data: with_header(data, method=None), "method"),
        (lambda data: data[:-1], "bytes of weights"),
        (lambda data: data + b"x", "bytes of weights"),
        (lambda data: data[:-4] + b"\xff\xff\xff\xff", "not finite"),
    ],
)
def test_other_files_are_refused(data: bytes, spoil, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadInput, match=said) as refused:
        unpack(spoil(data), "some/file.model")
    assert refused.value.where == "some/file.model"
    assert "quality" in (refused.value.fix or "")
