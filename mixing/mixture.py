"""The mixture file: weights with their proof, as `mixture.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curation.core.errors import BadInput
from mixing.upsample.config import UpsampleConfig


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Prediction(_Strict):
    """A metric at the mixture and at the prior, and the standard deviation of left-out residuals."""

    value: float
    natural: float
    se: float


class Fit(_Strict):
    """How well a law predicts runs that it was not fitted to."""

    rank_correlation: float
    r2: float
    residual_sd: float


class Certificate(_Strict):
    """Proof of the optimum: objective - gap <= best possible objective. No gap: the laws are not convex."""

    objective: float
    lower_bound: float | None
    gap: float | None
    solver: str
    iterations: int
    active: list[str]
    shadow_prices: dict[str, float] = Field(description="fall of the objective for one more unique token of a domain")


class DomainCurve(_Strict):
    """How often a token of each bucket of a domain is seen, bucket by bucket, and the curve behind it."""

    rates: dict[int, float]
    parameters: dict[str, float]


class Upsampling(_Strict):
    """The curves over quality buckets: their configuration, the rate that binds, and the curve of every domain."""

    config: UpsampleConfig
    max_rate: float = Field(description="the stricter of config.max_rate and max_repetition")
    curves: dict[str, DomainCurve]


class Mixture(_Strict):
    """Shares of domains that sum to 1, where they come from and what they promise.

    `natural` has each domain's share of the tokens there are; `repetition` how often a token is seen at the budget, on
    the average of the domain.
    """

    version: Literal[1] = Field(1, alias="schema")
    kind: Literal["mixture"] = "mixture"
    weights: dict[str, float]
    natural: dict[str, float] | None = None
    budget_tokens: int | None = Field(None, gt=0)
    max_repetition: float | None = None
    repetition: dict[str, float] | None = None
    regressor: str | None = None
    baseline: Literal["natural", "uniform"] | None = None
    kl: float = 0.0
    study: str | None = Field(None, description="fingerprint of the study")
    predicted: dict[str, Prediction] = {}
    fit: dict[str, Fit] = {}
    certificate: Certificate | None = None
    upsampling: Upsampling | None = None

    @property
    def rates(self) -> dict[tuple[str, int], float] | None:
        """Rate of every (domain, bucket), or None where all buckets of a domain are seen alike."""
        if self.upsampling is None:
            return None
        return {
            (domain, bucket): rate
            for domain, curve in self.upsampling.curves.items()
            for bucket, rate in curve.rates.items()
        }

    def to_yaml(self) -> str:
        """The text of mixture.yaml."""
        return yaml.safe_dump(self.model_dump(mode="json", by_alias=True), sort_keys=False, allow_unicode=True)

    @staticmethod
    def load(path: str | Path) -> Mixture:
        """Read a mixture.yaml.

        Raises:
            BadInput: no such file, no YAML, unknown keys, or shares that do not sum to 1.
        """
        file = Path(path)
        if not file.is_file():
            raise BadInput("no such mixture file", where=str(path))
        try:
            mixture = Mixture.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
        except (yaml.YAMLError, ValidationError) as error:
            raise BadInput(f"not a mixture file: {error}", where=str(path)) from error
        total = sum(mixture.weights.values())
        if abs(total - 1) > 1e-6 or min(mixture.weights.values()) < 0:
            raise BadInput(
                f"weights sum to {total:.6f}", where=str(path), fix="weights are shares from 0 to 1 that sum to 1"
            )
        return mixture
