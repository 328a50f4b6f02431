"""Tokenizers: plain text in, the same text out; special tokens only where a writer puts them; golden ids."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as LibraryTokenizer
from tokenizers import models

from curation.core.errors import BadInput
from curation.core.tokenizer import EOS, PAD, Tokenizer

TEXTS = ["the cat sat on the mat", "def f(x):\n    return x + 1\n", "don't stop 12345", f"a {EOS} b {PAD}"] * 3


@pytest.fixture(scope="module")
def trained() -> Tokenizer:
    return Tokenizer.train(TEXTS, 300)


@given(st.lists(st.text() | st.sampled_from([EOS, PAD, f"x{EOS}{EOS}y", "\r\n\r\n", "\0", "\ufffd\u0301"]), max_size=4))
def test_decoding_gives_the_text_back_and_no_special_token_appears(trained: Tokenizer, texts: list[str]) -> None:
    encoded = trained.encode_batch(texts)
    assert [trained.decode(ids) for ids in encoded] == texts
    for ids in encoded:
        assert not {trained.eos_id, trained.pad_id}.intersection(ids.tolist())
        assert all(ids < trained.vocab_size)


def test_special_tokens_that_a_writer_adds_are_left_out_of_text(trained: Tokenizer) -> None:
    (ids,) = trained.encode_batch(["the cat"])
    assert trained.decode([*ids, trained.eos_id, trained.pad_id]) == "the cat"


def test_ids_of_a_text_do_not_depend_on_its_neighbours(trained: Tokenizer) -> None:
    together = [ids.tolist() for ids in trained.encode_batch(TEXTS)]
    assert together == [trained.encode_batch([text])[0].tolist() for text in TEXTS]


def test_merges_are_learned_in_the_order_of_their_counts() -> None:
    """By hand: `ab` stands four times, then `abab` twice; words are cut at spaces first."""
    tokenizer = Tokenizer.train(["abab abab"], 259)
    assert tokenizer.vocab_size == 259
    pieces = [tokenizer.decode([i]) for ids in tokenizer.encode_batch(["abab ab"]) for i in ids]
    assert pieces == ["ab", "ab", " ", "ab"]


def test_a_small_corpus_gives_a_smaller_vocabulary() -> None:
    assert Tokenizer.train(["ab"], 1000).vocab_size == 258


def test_training_gives_the_same_file_in_every_process(trained: Tokenizer) -> None:
    assert Tokenizer.train(iter(TEXTS), 300).serialized == trained.serialized
    code = (
        "import json, sys; from curation.core.tokenizer import Tokenizer\n"
        "print(Tokenizer.train(json.load(sys.stdin), 300).sha256)"
    )
    texts = json.dumps(TEXTS)
    found = subprocess.run([sys.executable, "-c", code], input=texts, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == trained.sha256 == hashlib.sha256(trained.serialized).hexdigest()


def test_a_file_gives_the_same_tokenizer(trained: Tokenizer, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes(trained.serialized)
    loaded = Tokenizer.load(tmp_path / "tokenizer.json")
    assert (loaded.sha256, loaded.eos_id, loaded.pad_id) == (trained.sha256, trained.eos_id, trained.pad_id)
    assert [ids.tolist() for ids in loaded.encode_batch(TEXTS)] == [ids.tolist() for ids in trained.encode_batch(TEXTS)]


def serialized(*special: str) -> bytes:
    library = LibraryTokenizer(models.BPE({"a": 0}, []))
    library.add_special_tokens(list(special))
    return str(library.to_str()).encode()


def test_a_tokenizer_without_end_of_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_bytes(serialized("<pad>"))
    with pytest.raises(BadInput, match="no end-of-text token") as raised:
        Tokenizer.load(path)
    assert raised.value.where == str(path)
    assert EOS in (raised.value.fix or "")


@pytest.mark.parametrize(
    ("special", "eos_id", "pad_id"), [(("</s>",), 1, 1), (("<pad>", "</s>"), 2, 1), (("</s>", EOS, PAD), 2, 3)]
)
def test_known_names_of_special_tokens(special: tuple[str, ...], eos_id: int, pad_id: int) -> None:
    tokenizer = Tokenizer(serialized(*special))
    assert (tokenizer.eos_id, tokenizer.pad_id) == (eos_id, pad_id)


def test_what_is_no_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such tokenizer file"):
        Tokenizer.load(tmp_path / "t.json")
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(BadInput, match="not a tokenizer file") as raised:
        Tokenizer.load(tmp_path / "t.json")
    assert raised.value.where == str(tmp_path / "t.json")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("dolma2", "allenai_dolma2.json"),
        ("gptneox", "gptneox/tokenizer.json"),
        ("starcoder", "starcoder/tokenizer.json"),
    ],
)
def test_published_tokenizers_give_their_golden_ids(shared_data: Path, name: str, file: str) -> None:
    tokenizer = Tokenizer.load(shared_data / "tokenizers" / file)
    packed = (shared_data / "tokenizer_golden" / "golden.jsonl.zst").read_bytes()
    lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(packed), encoding="utf-8")
    rows = [json.loads(line) for line in lines]
    found = tokenizer.encode_batch([row["text"] for row in rows])
    assert [ids.tolist() for ids in found] == [row[name] for row in rows]


def test_the_tokenizer_of_olmo_3(shared_data: Path) -> None:
    """Its special tokens, spelled in a text, are plain text; other added tokens (for removed addresses) are not."""
    tokenizer = Tokenizer.load(shared_data / "tokenizers" / "allenai_dolma2.json")
    assert (tokenizer.eos_id, tokenizer.pad_id, tokenizer.vocab_size) == (100257, 100277, 100278)
    text = "a <|endoftext|> b <|im_start|><|pad|> \u00e9\U0001f600 |||IP_ADDRESS|||"
    (ids,) = tokenizer.encode_batch([text])
    assert ids[-1] > 100257
    assert ids[:-1].max() < 100257
    assert tokenizer.decode(ids) == text
