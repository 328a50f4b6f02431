"""Token budgets against what there is: tokens x repetition.

With finished counts the answer is exact, and so is the smallest relaxation. Before, two things are known of the text:
how large the sources are, and how large they are at most where each has a limit. A budget that not even one token a
byte could reach is refused; one that is more than twice what a quarter of the bytes gives is warned of.
"""

from __future__ import annotations

from collections.abc import Iterator

from curation.core.errors import Infeasible
from curation.core.units import format_count, format_size
from recipes.checking.plan import Facts
from recipes.checking.rates import BYTES_PER_TOKEN, LEAST_BYTES_PER_TOKEN
from recipes.checking.refusals import Refusal
from recipes.schema import OptimizeStage

_DOUBT = 2


def refuse_budget(name: str, stage: OptimizeStage, counts: Facts) -> Iterator[Refusal]:
    """A budget that certainly cannot be reached.

    Args:
        name: of the optimize stage.
        stage: its configuration.
        counts: facts of its counts.
    """
    address = f"stages.{name}.tokens"
    if counts.cells:
        from mixing.budget import caps_of  # scipy comes with it

        try:
            caps_of(counts.cells, stage.tokens, stage.max_repetition, stage.upsample)
        except Infeasible as error:
            yield Refusal(address, error.what, error.fix, infeasible=True)
    elif counts.at_most_bytes is not None:
        times = _times(stage)
        if stage.tokens > counts.at_most_bytes / LEAST_BYTES_PER_TOKEN * times:
            what = (
                f"the limits of the sources allow {format_size(counts.at_most_bytes)} of text; seen {times:g} times "
                f"it cannot be {stage.tokens:,} tokens, whatever the tokenizer"
            )
            likely = counts.at_most_bytes // BYTES_PER_TOKEN * times
            fix = f"lower it to about {format_count(likely)}, or raise the sources' limits or max_repetition"
            yield Refusal(address, what, fix, infeasible=True)


def doubt_budget(name: str, stage: OptimizeStage, counts: Facts) -> Iterator[str]:
    """A budget that by the size of the sources is likely out of reach."""
    size, times = sum(counts.domain_bytes.values()), _times(stage)
    reach = size // BYTES_PER_TOKEN * times
    if counts.cells or not size or stage.tokens <= _DOUBT * reach:
        return
    yield (
        f"stages.{name}.tokens: the budget is {format_count(stage.tokens)}; {format_size(size)} of text are about "
        f"{format_count(size // BYTES_PER_TOKEN)} tokens, and seen {times:g} times {format_count(reach)}: "
        "likely out of reach"
    )


def _times(stage: OptimizeStage) -> float:
    """How often a token may be seen at most, on average over its domain."""
    if stage.upsample is None:
        return stage.max_repetition
    return min(stage.max_repetition, stage.upsample.max_rate)
