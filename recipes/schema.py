"""What a recipe may say: named stages, discriminated by `kind`.

Unknown keys are errors everywhere. A default's source is said where it has one. Configurations have no
behaviour: what a stage does is in `recipes/stages`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from curation.core.quantities import Fraction, Tokens
from curation.sources.config import SourceConfig
from mixing.upsample.config import UpsampleConfig


class Strict(BaseModel):
    """Frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Source(SourceConfig):
    """Documents that a curate stage reads."""


class CurateStage(Strict):
    """Raw documents to a pool."""

    kind: Literal["curate"]
    sources: tuple[Source, ...] = Field(min_length=1)
    steps: tuple[dict[str, Any], ...] = ()
    rejected_text: Literal["all", "none"] = "all"
    partitions: int = Field(0, ge=0, description="of exchanges; 0: one for every 64 MiB of input")


class TrainedTokenizer(Strict):
    """A byte-level BPE tokenizer learned from the pool."""

    vocab_size: int = Field(gt=256, le=2**31)


class TokenizerChoice(Strict):
    """`train:` a tokenizer on the pool."""

    train: TrainedTokenizer


class CountStage(Strict):
    """Tokens of every domain and bucket of a pool, for one tokenizer."""

    kind: Literal["count"]
    pool: str
    tokenizer: TokenizerChoice


class ModelShape(Strict):
    """The model by one dial: a row of the Olmo 3 ladder (`size`), or the proxies' `depth`."""

    size: str | None = None
    depth: int | None = Field(None, ge=1)
    sequence_length: int = Field(256, ge=8)


class TrainingOptions(Strict):
    """How a model is trained, whichever trainer does it."""

    batch_tokens: Tokens = Field(2048, gt=0, description="tokens a step")
    learning_rate: float = Field(gt=0)
    warmup_fraction: Fraction = 0.05
    weight_decay: float = Field(0.1, ge=0)
    checkpoint_every: int = Field(200, gt=0, description="steps between checkpoints")
    threads: int = Field(1, ge=1, description="part of the result: another number gives other rounding")


class Proxy(ModelShape, TrainingOptions):
    """The small model that every mixture of a swarm is tried with."""

    tokens: Tokens = Field(gt=0)
    trainer: str = "torch"


class SwarmStage(Strict):
    """Proxy runs over mixtures around the natural one: a study."""

    kind: Literal["swarm"]
    pool: str
    counts: str
    per_domain: int = Field(5, ge=1, description="runs for each domain (Olmo 3 report, section 3.4.4)")
    minimum_weight: Fraction = Field(0.002, description="smaller shares become 0 (Olmix)")
    proxy: Proxy
    evaluate: tuple[Literal["heldout"], ...] = ("heldout",)


class OptimizeStage(Strict):
    """The mixture: from a study, or a baseline that needs none."""

    kind: Literal["optimize"]
    counts: str
    study: str | None = None
    baseline: Literal["natural", "uniform"] | None = None
    tokens: Tokens = Field(gt=0)
    max_repetition: float = Field(4.0, gt=0, description="times a token may be seen (Muennighoff et al. 2023)")
    regressor: str = "log-linear"
    kl: float = Field(0.0, ge=0, description="weight of the KL divergence from the natural mixture")
    upsample: UpsampleConfig | None = Field(None, description="a curve over each domain's quality buckets")


class EmitStage(Strict):
    """Shards with exactly the mixture's tokens."""

    kind: Literal["emit"]
    pool: str
    counts: str
    mixture: str


class TrainStage(Strict):
    """A model trained on shards."""

    kind: Literal["train"]
    shards: str
    model: ModelShape
    training: TrainingOptions
    trainer: str = "torch"


class EvalStage(Strict):
    """Bits per byte of a model on the held-out slices of its pool."""

    kind: Literal["eval"]
    model: str
    suites: tuple[Literal["heldout"], ...] = ("heldout",)


Stage = Annotated[
    CurateStage | CountStage | SwarmStage | OptimizeStage | EmitStage | TrainStage | EvalStage,
    Field(discriminator="kind"),
]


class Recipe(Strict):
    """A flow: stages that name their inputs by stage."""

    version: Literal[1] = Field(alias="schema")
    kind: Literal["recipe"]
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = 17
    stages: dict[str, Stage] = Field(min_length=1)
