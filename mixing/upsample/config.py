"""What a recipe says about upsampling: `upsample: {family: power-exponential, max_rate: 7, discard: 0.4}`."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Family = Literal["flat", "step", "exponential", "power-exponential", "water-filling"]
FAMILIES: tuple[Family, ...] = get_args(Family)

MAX_RATE = 7.0
DISCARD = 0.4
MAX_P = 2.0
MAX_LAMBDA = {"power-exponential": 2.0, "exponential": 15.0}
REPETITION_DECAY = 15.387756


class UpsampleConfig(BaseModel):
    """A family of curves and its limits; the fields are the arguments of `solve_curve`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: Family = Field(
        "power-exponential",
        description="shape of the curve; the power-exponential was best of six in Olmo 3 (report, appendix A.2.5, "
        "table 40)",
    )
    max_rate: float = Field(
        MAX_RATE,
        gt=0,
        allow_inf_nan=False,
        description="how often a token of any bucket may be seen; 7 in Olmo 3 (report, appendix A.2.4)",
    )
    discard: float = Field(
        DISCARD,
        ge=0,
        lt=1,
        description="share of the worst tokens that are never seen, lowered to the next bucket edge; 0.4 in Olmo 3 "
        "(report, appendix A.2.4)",
    )
    max_p: float = Field(
        MAX_P,
        ge=0,
        le=50,
        description="power-exponential: largest power p; 2 in the search of Olmo 3 (dolma3, mixing_utils.py)",
    )
    max_lambda: float | None = Field(
        None,
        ge=0,
        le=500,
        description="largest slope of the logarithm per unit of percentile; by default 2 for the power-exponential "
        "(dolma3, mixing_utils.py) and 15 for the exponential, about the steepest in the published mixture "
        "(dolma, configs/dolma2-resharding)",
    )
    values: tuple[float, ...] | None = Field(
        None,
        description="water-filling: worth of a token of bucket 0, 1, ...; above 0, never falling. By default the "
        "percentile in the middle of the bucket",
    )
    repetition_decay: float = Field(
        REPETITION_DECAY,
        gt=0,
        allow_inf_nan=False,
        description="water-filling: repetitions after which a token's worth has decayed by 1/e; R* of Muennighoff "
        "et al. 2023 (arXiv 2305.16264, section 3)",
    )
