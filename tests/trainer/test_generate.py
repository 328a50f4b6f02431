"""Sampling: greedy is the likeliest token of a full pass, seeds repeat, the end of text stops."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from curation.core.errors import BadInput
from tests.support.slow_transformer import rough
from trainer.generate import generate
from trainer.model.config import ModelConfig
from trainer.model.transformer import Transformer

PROMPT = [3, 1, 4, 1, 5]


@pytest.fixture(scope="module")
def model() -> Transformer:
    config = ModelConfig(
        vocab_size=40, d_model=12, n_layers=4, n_heads=2, n_kv_heads=1, d_ff=16, max_seq_len=24, sliding_window=4
    )
    return rough(Transformer(config)).eval()


@torch.no_grad()
def likeliest(model: Transformer, n_tokens: int) -> list[int]:
    tokens = list(PROMPT)
    for _ in range(n_tokens):
        tokens.append(int(model(torch.tensor([tokens]))[0, -1].argmax()))
    return tokens[len(PROMPT) :]


def test_temperature_zero_takes_the_likeliest_token_of_a_full_pass(model: Transformer) -> None:
    assert generate(model, PROMPT, 19, temperature=0) == likeliest(model, 19)


def test_one_candidate_is_the_likeliest(model: Transformer) -> None:
    assert generate(model, PROMPT, 10, temperature=2.0, top_k=1) == likeliest(model, 10)


def test_a_seed_gives_the_same_tokens_and_another_seed_others(model: Transformer) -> None:
    first = generate(model, PROMPT, 15, temperature=1.5, seed=3)
    torch.manual_seed(99)
    assert generate(model, PROMPT, 15, temperature=1.5, seed=3) == first
    assert generate(model, PROMPT, 15, temperature=1.5, seed=4) != first


def test_it_stops_at_the_end_of_text_and_leaves_it_out(model: Transformer) -> None:
    whole = likeliest(model, 19)
    eos_id = whole[7]
    assert generate(model, PROMPT, 19, temperature=0, eos_id=eos_id) == whole[: whole.index(eos_id)]


def test_it_never_goes_beyond_what_the_model_takes(model: Transformer) -> None:
    assert len(generate(model, PROMPT, 1000, temperature=0)) == 24 - len(PROMPT)
    assert generate(model, [1] * 24, 5) == []


def test_tokens_come_as_often_as_the_softmax_says(model: Transformer) -> None:
    with torch.no_grad():
        logits = model(torch.tensor([PROMPT]))[0, -1] / 3.0
    kept = torch.topk(logits, 4).indices
    chances = torch.softmax(logits[kept], -1)
    drawn = Counter(generate(model, PROMPT, 1, temperature=3.0, top_k=4, seed=seed)[0] for seed in range(300))
    assert set(drawn) <= set(kept.tolist())
    for token, chance in zip(kept.tolist(), chances.tolist(), strict=True):
        assert abs(drawn[token] / 300 - chance) < 5 * (chance * (1 - chance) / 300) ** 0.5 + 1e-3


@pytest.mark.parametrize("n", [0, 25])
def test_a_prompt_that_does_not_fit_is_refused(model: Transformer, n: int) -> None:
    with pytest.raises(BadInput, match=f"the prompt has {n} tokens; the model takes 1 to 24"):
        generate(model, [1] * n, 5)
