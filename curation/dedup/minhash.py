"""Step `minhash_dedup`: of documents that are nearly the same one stays.

1. While the text is read, every document gets MinHash band keys of its word n-grams (`minhash_signature`).
2. Documents that share a band are candidate pairs; large buckets give pairs in proportion to their size
   (`minhash_candidates`).
3. The exact Jaccard similarity of each candidate pair is measured, and only pairs that reach the threshold count
   (`minhash_verify`). With `verify: null` every candidate pair counts.
4. Connected components of the pairs are clusters (`components`); of each the document that the preferences name
   survives (`minhash_survivors`).

Exchanges carry keys, addresses and the shingle hashes of candidates, never text. Steps 2 to 4 keep their edges on the
driver: about 180 bytes a candidate pair. Which documents stay depends on ids, texts, dates and parameters alone.

Reference: Olmo 3 technical report, section 3.4.1 and A.2.2: word pieces there, words here; 26 bands of 11 rows, Jaccard
verified at 0.80, the newest stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from curation.core.quantities import Fraction
from curation.dedup.edges import Edges
from curation.dedup.minhash_candidates import REACH, candidate_pairs
from curation.dedup.minhash_signature import MinhashBands
from curation.dedup.minhash_survivors import Preference, survivors
from curation.dedup.minhash_verify import verified_pairs
from curation.work.context import GlobalContext
from curation.work.step import Annotator, GlobalStep, StepConfig


class VerifyConfig(BaseModel):
    """When a candidate pair counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    jaccard: Fraction = Field(0.8, gt=0, le=1, description="least Jaccard similarity of the sets of word n-grams")
    ngram: int | None = Field(None, ge=1, le=1000, description="words of a shingle; by default as for the bands")


class MinhashDedupConfig(StepConfig):
    """How near duplicates are found, and which of them stays."""

    ngram: int = Field(5, ge=1, le=1000, description="words of a shingle")
    bands: int = Field(26, ge=1, le=10_000, description="more bands find more pairs, of lower similarity too")
    rows: int = Field(11, ge=1, le=10_000, description="minima of a band; more rows find fewer pairs")
    verify: VerifyConfig | None = Field(VerifyConfig(), description="measure candidates; a number is its jaccard")
    survivor: tuple[Preference, ...] = Field(("newest", "longest", "id"), description="who stays: first what decides")
    seed: int = Field(42, description="of the permutations")

    @field_validator("verify", mode="before")
    @classmethod
    def _jaccard_alone(cls, value: Any) -> Any:
        plain = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        return {"jaccard": value} if plain else value

    @field_validator("survivor")
    @classmethod
    def _each_once_and_id_last(cls, value: tuple[Preference, ...]) -> tuple[Preference, ...]:
        if len(set(value)) < len(value):
            raise ValueError(f"[{', '.join(value)}] names a preference twice")
        if "id" in value[:-1]:
            raise ValueError(f"[{', '.join(value)}]: ids always differ, so nothing after id decides; put id last")
        return value


@dataclass(frozen=True)
class MinhashDedup(GlobalStep):
    """See the module."""

    config: MinhashDedupConfig
    kind = "minhash_dedup"
    Config = MinhashDedupConfig

    @property
    def signature(self) -> MinhashBands:
        return MinhashBands(self.config.ngram, self.config.bands, self.config.rows, self.config.seed)

    @property
    def features(self) -> tuple[Annotator, ...]:
        return (self.signature,)

    def run(self, context: GlobalContext) -> None:
        verify, only = self.config.verify, self.config.only
        candidates = candidate_pairs(context, self.signature, only, REACH if verify else 0)
        pairs = candidates
        if verify:
            ngram = verify.ngram or self.config.ngram
            pairs = verified_pairs(context, candidates, only, ngram, verify.jaccard)
        self._tell(context, candidates, pairs)
        threshold = verify.jaccard if verify else None
        context.decide(survivors(context, pairs, only, self.label, self.config.survivor, threshold))

    def _tell(self, context: GlobalContext, candidates: Edges, pairs: Edges) -> None:
        verified = len(pairs) if self.config.verify else None
        context.events.emit("metric", label=self.label, candidate_pairs=len(candidates), verified_pairs=verified)
