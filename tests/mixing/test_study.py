"""Reading the two files of a study."""

from pathlib import Path

import polars as pl
import pytest

from curation.core.errors import BadInput
from mixing.study import Study


def write(folder: Path, ratios: str, metrics: str) -> tuple[Path, Path]:
    (folder / "ratios.csv").write_text(ratios)
    (folder / "metrics.csv").write_text(metrics)
    return folder / "ratios.csv", folder / "metrics.csv"


def test_rows_are_joined_by_run_whatever_their_order(tmp_path: Path) -> None:
    files = write(tmp_path, "run,a,b\nx,0.25,0.75\ny,1,0\n", "run,bpb/a\ny,2\nx,1\n")
    study = Study.from_csv(*files)
    assert study.runs == ("x", "y")
    assert study.ratios.rows() == [(0.25, 0.75), (1.0, 0.0)]
    assert study.metrics["bpb/a"].to_list() == [1.0, 2.0]


def test_olmix_columns_are_no_domains(tmp_path: Path) -> None:
    files = write(tmp_path, "run,name,index,a,b\nx,n,0,0.5,0.5\n", "run,name,index,loss\nx,n,0,1\n")
    study = Study.from_csv(*files)
    assert study.domains == ["a", "b"]
    assert study.metrics.columns == ["loss"]


def test_regmix_files_are_read_as_they_are(shared_data: Path) -> None:
    folder = shared_data / "regmix_swarm"
    study = Study.from_csv(folder / "train_mixture_1m.csv", folder / "train_pile_loss_1m.csv")
    assert (study.ratios.shape, study.metrics.shape) == ((512, 17), (512, 13))
    assert study.ratios.sum_horizontal().to_list() == pytest.approx([1.0] * 512, abs=1e-12)
    assert all(study.lower_is_better(metric) for metric in study.metrics.columns)
    raw = pl.read_csv(folder / "train_pile_loss_1m.csv").sort("index")
    assert sorted(study.metrics[raw.columns[1]].to_list()) == sorted(raw[raw.columns[1]].to_list())


@pytest.mark.parametrize(
    ("ratios", "metrics", "says"),
    [
        ("run,a,b\nx,0.5,0.2\n", "run,loss\nx,1\n", "sum to 0.7000"),
        ("run,a,b\nx,0.5,0.5\nx,1,0\n", "run,loss\nx,1\n", "stands there 2 times"),
        ("run,a,b\nx,0.5,0.5\n", "run,loss\ny,1\n", "only one of the files has: x, y"),
        ("run,a,b\nx,0.5,0.5\n", "run,loss\nx,\n", "no number"),
        ("run,a,b\nx,0.5,0.5\n", "run,loss\nx,NaN\n", "no number"),
        ("name,a,b\nx,0.5,0.5\n", "run,loss\nx,1\n", "no run column in common"),
    ],
)
def test_a_bad_study_is_refused_with_the_reason(tmp_path: Path, ratios: str, metrics: str, says: str) -> None:
    with pytest.raises(BadInput) as caught:
        Study.from_csv(*write(tmp_path, ratios, metrics))
    assert says in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_metric_of_unknown_direction_is_asked_about(tmp_path: Path) -> None:
    study = Study.from_csv(*write(tmp_path, "run,a,b\nx,0.5,0.5\n", "run,arc\nx,1\n"))
    with pytest.raises(BadInput, match="arc"):
        study.lower_is_better("arc")
    assert not Study(study.runs, study.ratios, study.metrics, {"arc": "maximize"}).lower_is_better("arc")
