"""The proof of a mixture in words."""

from __future__ import annotations

from mixing.mixture import Certificate, Mixture
from mixing.natural import ONE_DOMAIN
from recipes.report.words import decimal, joined, known, plural, scientific


def certificate_sentences(mixture: Mixture) -> tuple[str, ...]:
    """What the certificate says, a sentence or two each; empty without a certificate."""
    proof = mixture.certificate
    if proof is None:
        return ()
    if proof.solver == ONE_DOMAIN:
        return ("There is one domain, and so one mixture: nothing was optimized, and none can be better.",)
    return (_objective(mixture, proof), _constraints(mixture, proof), _prices(proof))


def _objective(mixture: Mixture, proof: Certificate) -> str:
    what = "The objective, the mean of the predicted metrics"
    if mixture.kl:
        what += f" plus {mixture.kl:g} times the divergence from the natural mixture"
    found = f"It was found by {proof.solver} in {plural(proof.iterations, 'step')}."
    if proof.gap is None or not known(proof.gap):
        return (
            f"{what}, is {decimal(proof.objective, 6)}. The laws are not convex, so there is no proof that no mixture "
            f"is better. {found}"
        )
    return (
        f"{what}, is {decimal(proof.objective, 9)}. No mixture within the caps can have one below "
        f"{decimal(proof.lower_bound, 9)}: the optimality gap is {scientific(proof.gap)}. {found}"
    )


def _constraints(mixture: Mixture, proof: Certificate) -> str:
    cap = mixture.max_repetition
    if cap is None:
        return "Uncapped: without token counts, nothing limits how often a token is seen."
    limit = f"A token may be seen {cap:g} times"
    if not proof.active:
        return f"{limit}; no domain comes to that, so the caps cost nothing."
    more = [f"{len(proof.active) - 8:,} more"] if len(proof.active) > 8 else []
    return f"{limit}, which binds {plural(len(proof.active), 'domain')}: {joined([*proof.active[:8], *more])}."


def _prices(proof: Certificate) -> str:
    priced = sorted(((p, name) for name, p in proof.shadow_prices.items() if known(p) and p > 0), reverse=True)
    if not priced:
        return "Shadow prices are zero: more tokens of any domain would not improve the objective."
    told = [f"{name} by {scientific(price * 1e6)}" for price, name in priced[:5]]
    return f"A million more tokens would lower the objective, at the margin: of {joined(told)}."
