"""A run that was interrupted ends with the same bytes as one that was not."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.core.errors import BadInput
from tests.support.pools import file_bytes
from tests.support.training import MODEL, N_STEPS, Recorded, config, repetitive_shards, train_small
from trainer.loop import train


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repetitive_shards(tmp_path_factory.mktemp("resume") / "shards")


@pytest.fixture(scope="module")
def undisturbed(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed")
    train_small(shards, out, log_every=1)
    return file_bytes(out)


@pytest.mark.parametrize("step", [1, 3, 4, 5, 8, 9, 12, N_STEPS])
def test_an_interruption_at_any_step_changes_nothing(
    shards: Path, undisturbed: dict[str, bytes], tmp_path: Path, step: int
) -> None:
    interrupted = Recorded(stop_at=step)
    with pytest.raises(KeyboardInterrupt):
        train_small(shards, tmp_path, interrupted, log_every=1)
    assert not (tmp_path / "manifest.json").exists()
    resumed = Recorded()
    train_small(shards, tmp_path, resumed, log_every=1)
    assert file_bytes(tmp_path) == undisturbed
    done = [event["step"] for event in resumed.told if event["event"] == "metric"]
    # the checkpoint of a step is written after its events
    assert done == list(range(1 + 4 * ((step - 1) // 4), N_STEPS + 1))


def test_two_interruptions_change_nothing(shards: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    for step in (6, 10):
        with pytest.raises(KeyboardInterrupt):
            train_small(shards, tmp_path, Recorded(stop_at=step), log_every=1)
    train_small(shards, tmp_path, log_every=1)
    assert file_bytes(tmp_path) == undisturbed


def test_how_often_is_logged_does_not_change_the_weights(
    shards: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    train_small(shards, tmp_path, log_every=5, checkpoint_every=2)
    assert (tmp_path / "model.safetensors").read_bytes() == undisturbed["model.safetensors"]


def test_a_finished_run_is_not_run_again(shards: Path, tmp_path: Path) -> None:
    manifest = train_small(shards, tmp_path)
    events = Recorded()
    assert train_small(shards, tmp_path, events) == manifest
    assert events.told == []


@pytest.mark.parametrize("finished", [True, False])
def test_a_directory_of_another_run_is_refused(shards: Path, tmp_path: Path, finished: bool) -> None:
    events = Recorded(stop_at=None if finished else 9)
    try:
        train_small(shards, tmp_path / "out", events, log_every=1)
    except KeyboardInterrupt:
        assert not finished
    with pytest.raises(BadInput, match="another run"):
        train_small(shards, tmp_path / "out", log_every=1, learning_rate=0.02)
    other = repetitive_shards(tmp_path / "other", 990)
    with pytest.raises(BadInput, match="another run"):
        train_small(other, tmp_path / "out", log_every=1)
    model = MODEL.model_copy(update={"d_ff": 64})
    with pytest.raises(BadInput, match="another run"):
        train(model, config(log_every=1), shards, tmp_path / "out", Recorded())
