"""Tokenizers: text to ids and back, by the tokenizers library.

A document is encoded without special tokens, and text that spells one is encoded as plain text, so that an
end-of-document id stands at the end of documents and nowhere else; whoever writes tokens adds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, models, pre_tokenizers, trainers
from tokenizers import Tokenizer as LibraryTokenizer
from tokenizers import decoders as library_decoders

from curation.core.errors import BadInput

EOS = "<|endoftext|>"
PAD = "<|pad|>"
_KNOWN_EOS = (EOS, "<|end_of_text|>", "</s>", "<eos>", "<|im_end|>")
_KNOWN_PAD = (PAD, "<|padding|>", "<pad>", "[PAD]")

# how GPT-4 and dolma2 cut text into words: contractions, words, numbers of up to three digits, symbols, white space
SPLIT_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

Ids = npt.NDArray[np.uint32]


class Tokenizer:
    """A tokenizer and the identity of its file."""

    def __init__(self, serialized: bytes) -> None:
        """From the bytes of a tokenizer.json."""
        try:
            self._library = LibraryTokenizer.from_buffer(serialized)
        except Exception as error:
            raise BadInput(f"not a tokenizer file of the tokenizers library: {error}") from error
        self._library.encode_special_tokens = True
        self.serialized = serialized
        self.sha256 = hashlib.sha256(serialized).hexdigest()
        self.vocab_size: int = self._library.get_vocab_size(with_added_tokens=True)
        eos = self._first_known(_KNOWN_EOS)
        if eos is None:
            raise BadInput("the tokenizer has no end-of-text token", fix=f"add one of {', '.join(_KNOWN_EOS)}")
        self.eos_id = eos
        pad = self._first_known(_KNOWN_PAD)
        self.pad_id = eos if pad is None else pad

    @staticmethod
    def load(path: str | Path) -> Tokenizer:
        """From a tokenizer.json."""
        file = Path(path)
        if not file.is_file():
            raise BadInput("no such tokenizer file", where=str(path))
        try:
            return Tokenizer(file.read_bytes())
        except BadInput as error:
            raise BadInput(error.what, where=str(path), fix=error.fix) from error

    @staticmethod
    def train(texts: Iterable[str], vocab_size: int) -> Tokenizer:
        """Learn a byte-level BPE vocabulary.

        Args:
            texts: the same texts in the same order give the same tokenizer file.
            vocab_size: with the 256 bytes and the two special tokens.
        """
        library = LibraryTokenizer(models.BPE())
        library.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(SPLIT_PATTERN), behavior="isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        library.decoder = library_decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=vocab_size,
            min_frequency=2,
            special_tokens=[EOS, PAD],
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        library.train_from_iterator(texts, trainer)
        return Tokenizer(library.to_str(pretty=False).encode())

    def encode_batch(self, texts: Sequence[str]) -> list[Ids]:
        """The ids of each text, without any special token."""
        encodings = self._library.encode_batch_fast(list(texts), add_special_tokens=False)
        return [np.array(encoding.ids, dtype=np.uint32) for encoding in encodings]

    def decode(self, ids: Sequence[int] | Ids) -> str:
        """The text of ids; special tokens are left out."""
        text: str = self._library.decode([int(i) for i in ids], skip_special_tokens=True)
        return text

    def _first_known(self, names: Iterable[str]) -> int | None:
        found = (self._library.token_to_id(name) for name in names)
        return next((int(i) for i in found if i is not None), None)
