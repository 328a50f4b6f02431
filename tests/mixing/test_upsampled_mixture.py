"""Upsampling from the mixture to whole tokens of every bucket."""

from hypothesis import given
from hypothesis import strategies as st

from mixing.allocation import allocate
from mixing.mixture import Mixture
from mixing.natural import baseline
from mixing.upsample.config import UpsampleConfig

CELLS = {("code", q): n for q, n in enumerate([900, 500, 400, 300])} | {
    ("prose", q): n for q, n in enumerate([2000, 100, 1000, 700])
}


@given(st.integers(100, 7000), st.sampled_from(["flat", "power-exponential", "water-filling"]), st.floats(2.5, 7))
def test_every_bucket_gets_its_rate_and_never_more_than_the_cap(tokens: int, family: str, max_rate: float) -> None:
    config = UpsampleConfig(family=family, max_rate=max_rate, discard=0.55)  # type: ignore[arg-type]
    mixture = baseline("natural", CELLS, tokens, 4.0, config)
    assert mixture.upsampling is not None
    binding = mixture.upsampling.max_rate
    assert binding == min(4.0, max_rate)
    allocation = allocate(mixture.weights, tokens, CELLS, max_repetition=4.0, rates=mixture.rates, max_rate=binding)
    assert sum(allocation.values()) == tokens
    assert mixture.rates is not None
    for cell, n in CELLS.items():
        got, wanted = allocation.get(cell, 0), mixture.rates[cell] * n
        assert abs(got - wanted) <= 4
        assert got <= binding * n + 1
    assert all(mixture.rates[domain, 0] == 0 for domain in ("code", "prose"))  # below the discard


def test_a_mixture_file_keeps_its_rates(tmp_path) -> None:  # type: ignore[no-untyped-def]
    mixture = baseline("natural", CELLS, 3000, 4.0, UpsampleConfig(discard=0.55))
    (tmp_path / "mixture.yaml").write_text(mixture.to_yaml())
    assert Mixture.load(tmp_path / "mixture.yaml").rates == mixture.rates
