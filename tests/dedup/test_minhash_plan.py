"""The S-curve of bands and rows: published settings, as computed elsewhere."""

from __future__ import annotations

import pytest

from curation.dedup.minhash_plan import candidate_probability, plan_text, s_curve

CURVES = {
    (26, 11): [0.09, 0.405, 0.674, 0.903, 0.991, 1.0],
    (14, 8): [0.211, 0.565, 0.772, 0.924, 0.988, 1.0],
    (20, 13): [0.026, 0.177, 0.382, 0.677, 0.924, 0.997],
    (20, 5): [0.80, 0.975, 0.996, 1.0, 1.0, 1.0],
}


@pytest.mark.parametrize(("bands", "rows"), CURVES)
def test_published_settings(bands: int, rows: int) -> None:
    points = s_curve(bands, rows, (0.6, 0.7, 0.75, 0.8, 0.85, 0.9))
    assert [point.jaccard for point in points] == [0.6, 0.7, 0.75, 0.8, 0.85, 0.9]
    assert [point.found for point in points] == pytest.approx(CURVES[bands, rows], abs=0.0051)


def test_the_ends_of_the_curve() -> None:
    assert [candidate_probability(jaccard, 26, 11) for jaccard in (0.0, 1.0)] == [0.0, 1.0]


def test_lines_for_people() -> None:
    lines = plan_text(26, 11, (0.8, 1.0)).splitlines()
    assert lines == ["26 bands x 11 rows", "Jaccard  found", "   0.80   90.3 %", "   1.00  100.0 %"]
