"""Bits per byte against the slow model, one token at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from curation.core.errors import BadInput
from tests.support.pools import VOCAB_SIZE, random_text, tokenizer
from tests.support.slow_transformer import rough, slow_logits
from trainer.evaluate import bits_per_byte
from trainer.model.config import ModelConfig
from trainer.model.transformer import Transformer

BLOCK = 6


def model() -> Transformer:
    config = ModelConfig(
        vocab_size=VOCAB_SIZE, d_model=8, n_layers=2, n_heads=2, n_kv_heads=1, d_ff=12, max_seq_len=BLOCK
    )
    return rough(Transformer(config)).eval()


def documents() -> list[tuple[str, str]]:
    rng = np.random.default_rng(0)
    texts = [("b", random_text(rng, n)) for n in (1, 3, 9)] + [("a", random_text(rng, n)) for n in (2, 14)]
    return [*texts, ("a", ""), ("b", "na\u00efve <|endoftext|>")]


def test_every_token_is_predicted_once_from_its_block() -> None:
    scorer = model()
    nats: dict[str, float] = {}
    sizes: dict[str, int] = {}
    tokens: dict[str, int] = {}
    for domain, text in documents():
        (ids,) = tokenizer().encode_batch([text])
        whole = [tokenizer().eos_id, *ids.tolist()]
        for place in range(1, len(whole)):
            first = (place - 1) // BLOCK * BLOCK
            logits = slow_logits(scorer, whole[first:place])[-1]
            chances = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
            nats[domain] = nats.get(domain, 0.0) - math.log(chances[whole[place]])
            tokens[domain] = tokens.get(domain, 0) + 1
        sizes[domain] = sizes.get(domain, 0) + len(text.encode())
    scores = bits_per_byte(scorer, tokenizer(), documents(), BLOCK)
    assert list(scores) == ["a", "b"]
    for domain, score in scores.items():
        assert (score.n_bytes, score.n_tokens) == (sizes[domain], tokens[domain])
        assert score.bits_per_byte == pytest.approx(nats[domain] / math.log(2) / sizes[domain], rel=1e-5)


def test_a_model_that_knows_nothing_pays_the_logarithm_of_its_vocabulary() -> None:
    ignorant = model()
    torch.nn.init.zeros_(ignorant.lm_head.weight)
    for score in bits_per_byte(ignorant, tokenizer(), documents(), BLOCK).values():
        assert score.bits_per_byte == pytest.approx(math.log2(VOCAB_SIZE) * score.n_tokens / score.n_bytes, abs=2e-6)


def test_the_order_and_company_of_documents_do_not_matter() -> None:
    scorer = model()
    rng = np.random.default_rng(1)
    many = [("a", random_text(rng, int(rng.integers(1, 40)))) for _ in range(30)]
    alone = [bits_per_byte(scorer, tokenizer(), [one], BLOCK)["a"] for one in many]
    together = bits_per_byte(scorer, tokenizer(), many[::-1], BLOCK)["a"]
    bits = sum(score.bits_per_byte * score.n_bytes for score in alone)
    assert together.bits_per_byte == pytest.approx(bits / together.n_bytes, abs=2e-5)
    assert together.n_tokens == sum(score.n_tokens for score in alone)


def test_a_domain_of_empty_documents_has_no_score() -> None:
    with pytest.raises(BadInput, match="the 2 held-out documents of a are empty"):
        bits_per_byte(model(), tokenizer(), [("a", ""), ("b", "text"), ("a", "")], BLOCK)
