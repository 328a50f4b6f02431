"""The whole flow by the command line: end to end, after kills, and with another number of workers."""

from __future__ import annotations

import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mixing.shards import Manifest
from mixing.shards.format import read_index

RECIPE = "tiny"
N_KILLS = 3


def mix(*arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jobs", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=check, timeout=600)


def contents(out: Path) -> dict[str, str]:
    """Every file of every output, by its checksum."""
    root = out / RECIPE / ".outputs"
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs")
    mix("run", RECIPE, "--out", out, "--workers", "2")
    return out


def test_every_output_is_as_its_manifest_says(finished: Path) -> None:
    stages = [path for path in (finished / RECIPE).iterdir() if path.is_symlink()]
    assert len(stages) == 11
    for stage in stages:
        assert ": ok (" in mix("verify", stage).stdout


def test_shards_hold_the_budget_in_the_shares_of_the_mixture(finished: Path) -> None:
    for name in ("shards", "natural_shards"):
        manifest = Manifest.load(finished / RECIPE / name)
        assert manifest.budget_tokens == 100_000 == sum(cell.delivered_tokens for cell in manifest.domains)


def test_a_damaged_shard_is_found(finished: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "shards"
    shutil.copytree(finished / RECIPE / "shards", copy)
    part = copy / "tokens" / "part-00000.npy"
    tokens = bytearray(part.read_bytes())
    tokens[1000] ^= 1
    part.write_bytes(tokens)
    result = mix("verify", copy, check=False)
    assert result.returncode == 1
    assert "tokens/part-00000.npy: checksum" in result.stderr


def test_a_second_run_finds_everything_done(finished: Path) -> None:
    before = contents(finished)
    result = mix("run", RECIPE, "--out", finished, "--workers", "2")
    assert result.stderr.count("found, nothing to do") == 11
    assert contents(finished) == before


def test_the_report_is_one_file_that_needs_no_other(finished: Path) -> None:
    page = (finished / RECIPE / "report.html").read_text()
    assert "<svg" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "src=" not in page


def test_a_model_continues_a_prompt(finished: Path) -> None:
    model = finished / RECIPE / "model"
    first, second = (mix("generate", model, "--prompt", "def ", "--tokens", "20").stdout for _ in range(2))
    assert first == second
    assert first.startswith("def ")


def documents(finished: Path, table: str) -> list[dict[str, object]]:
    parts = sorted((finished / RECIPE / "pool" / table).glob("*.parquet"))
    return [row for part in parts for row in pq.read_table(part).to_pylist()]


def test_why_tells_the_rule_its_value_and_its_threshold(finished: Path) -> None:
    row = next(row for row in documents(finished, "rejected") if row["rule"] == "gopher_quality.min_words")
    told = mix("why", str(row["id"]), "--in", finished / RECIPE).stdout
    assert f"rejected by gopher_quality.min_words: {row['value']:g}, the threshold is 40" in told
    document = json.loads(mix("why", str(row["id"]), "--out", finished, "--json").stdout)["documents"][0]
    assert document["state"] == "rejected"
    assert document["signals"]["gopher.n_words"] == row["value"]


def test_whence_is_the_inverse_of_why(finished: Path) -> None:
    emitted = next(read_index(finished / RECIPE / "shards" / "tokens" / "part-00000.csv.gz"))
    row = next(row for row in documents(finished, "documents") if row["id"] == emitted.id)
    places = json.loads(mix("why", str(row["id"]), "--out", finished, "--json").stdout)["documents"][0]["emitted"]
    for place in places:
        address = f"{finished}/{RECIPE}/{place['stage']}/{place['part']}:{place['start']}"
        found = json.loads(mix("whence", address, "--json").stdout)
        assert found["document"]["id"] == row["id"]
        assert found["offset"] == 0
    assert places


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("why", "nobody"), "nobody"),
        (("whence", "tokens.npy"), "part-00003.npy:12345"),
        (("verify", "nowhere"), "manifest"),
    ],
)
def test_a_bad_question_is_answered_with_exit_code_2(tmp_path: Path, arguments: tuple[str, str], says: str) -> None:
    result = mix(*arguments, *(("--out", tmp_path) if arguments[0] == "why" else ()), check=False)
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_a_run_that_is_killed_again_and_again_ends_in_the_same_bytes(finished: Path, tmp_path: Path) -> None:
    """SIGKILL at random moments of a run with one worker, against an undisturbed one with two."""
    moments = random.Random(5)
    wall_s = sum(
        event.get("wall_s", 0)
        for event in map(json.loads, (finished / RECIPE / "events.jsonl").read_text().splitlines())
    )
    command = [sys.executable, "-m", "jobs", "run", RECIPE, "--out", str(tmp_path), "--workers", "1", "-q"]
    killed = 0
    for _ in range(N_KILLS):
        process = subprocess.Popen(command)
        time.sleep(4 + moments.uniform(0, wall_s / 2))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
    subprocess.run(command, check=True, timeout=600)
    assert killed > 0
    assert contents(tmp_path) == contents(finished)
