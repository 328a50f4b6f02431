"""The whole step: what is dropped, why, and that it does not depend on how the work is cut."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from curation.core.errors import BadInput
from curation.core.events import EventLog, read_events
from curation.core.hashing import random_stream
from curation.decon import heldout, items
from curation.engine.local import LocalEngine
from curation.pipeline.curate import CurateJob, curate, job_fingerprint
from tests.support.curated_texts import Row, TextSplit, input_rows, pool_bytes, read_pool, run_curate, split_of, steps

HOLD_OUT = ("holdout", {"per_domain": 1, "only": ["held"]})  # the one document of that domain


def sentence(seed: int | str, n_words: int) -> str:
    stream = random_stream(5, "decontaminate test", seed)
    return " ".join(f"{stream.choice(list('bcdfgklm'))}{stream.integers(10**6)}" for _ in range(n_words))


def quiz(folder: Path, rows: Sequence[Row], name: str = "quiz") -> Row:
    """A set on disk; its configuration."""
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    fields = {"question": "question", "answer": "answer", "id": "id"}
    return {"name": name, "paths": [str(path)], "fields": fields}


def items_of(*texts: str, answer: str = "42") -> list[Row]:
    return [{"question": text, "answer": answer, "id": i} for i, text in enumerate(texts)]


def dropped(out: Path) -> dict[str, tuple[float, str]]:
    """Text of what was dropped to its overlap and what it is said to duplicate."""
    pool = read_pool(out)
    overlap = {row["id"]: (row["decon.overlap"], row["decon.item"]) for row in pool["signals"]}
    found = {}
    for row in pool["rejected"]:
        assert row["rule"] == "decontaminate.contaminated" and row["threshold"] == 0.5
        assert overlap[row["id"]] == (row["value"], row["duplicate_of"])
        found[row["text"]] = overlap[row["id"]]
    return found


def test_documents_that_hold_an_item_are_dropped(tmp_path: Path) -> None:
    question, other, around = sentence(1, 41), sentence(2, 40), sentence(3, 100)
    words = question.split()
    half = " ".join(words[:24])  # 17 of 34 8-grams
    less = " ".join(words[:23])
    texts = [f"{around} {question} {around}", f"{around} {half}", f"{around} {less}", around, question.upper(), ""]
    against = [quiz(tmp_path, items_of(other, question))]
    run_curate(
        tmp_path, [split_of(0, [(text, "web") for text in texts])], steps(("decontaminate", {"against": against}))
    )
    assert dropped(tmp_path) == {
        texts[0]: (1.0, "quiz:1"),
        texts[1]: (0.5, "quiz:1"),
        texts[4]: (1.0, "quiz:1"),
    }
    signals = {row["id"]: row["decon.overlap"] for row in read_pool(tmp_path)["signals"]}
    rows = {row["text"]: signals[row["id"]] for row in input_rows([split_of(0, [(text, "web") for text in texts])])}
    assert (rows[texts[2]], rows[texts[3]], rows[texts[5]]) == (16 / 34, 0.0, 0.0)


def test_short_items_must_be_found_whole(tmp_path: Path) -> None:
    whole, long_enough = sentence("whole", 19), sentence("long enough", 20)
    texts = [whole, whole[:-1], long_enough, long_enough.rsplit(" ", 6)[0], long_enough.rsplit(" ", 7)[0]]
    texts = [f"{sentence(i, 30)} {text}" for i, text in enumerate(texts)]
    chain = steps(("decontaminate", {"against": [quiz(tmp_path, items_of(whole, long_enough))]}))
    run_curate(tmp_path, [split_of(0, [(text, "web") for text in texts])], chain)
    assert dropped(tmp_path) == {
        texts[0]: (1.0, "quiz:0"),
        texts[2]: (1.0, "quiz:1"),
        texts[3]: (7 / 13, "quiz:1"),
    }


def test_an_answer_counts_if_it_is_long(tmp_path: Path) -> None:
    short, long = sentence("short", 19), sentence("long", 20)
    rows = [{"question": sentence(i, 30), "answer": text, "id": i} for i, text in enumerate([short, long])]
    rows.append({"question": "Why?", "answer": sentence("because", 20), "id": "why"})
    texts = [f"{sentence('x', 50)} {text}" for text in (short, long, sentence("because", 20))]
    chain = steps(("decontaminate", {"against": [quiz(tmp_path, rows)]}))
    manifest = run_curate(tmp_path, [split_of(0, [(text, "web") for text in texts])], chain)
    assert dropped(tmp_path) == {texts[1]: (1.0, "quiz:1"), texts[2]: (1.0, "quiz:why")}
    assert manifest["notes"]["decontaminate"]["sets"][0]["too_short"] == ["quiz:why"]  # by its question


def test_parts_and_wholes_of_held_out_documents_are_dropped(tmp_path: Path) -> None:
    held = sentence("held", 400)
    words = held.split()
    own = sentence("own", 100)
    texts = {
        "beginning": " ".join(words[:30]),
        "middle": " ".join(words[100:150]),
        "longer": f"{held} {own}",
        "too short to say": " ".join(words[:19]),
        "a third of it": " ".join([*words[:57], *own.split()]),  # 50 of 149 8-grams of its own
        "two thirds of it": " ".join([*words[:107], *own.split()[:50]]),
    }
    split = split_of(0, [(held, "held"), *((text, "web") for text in texts.values())])
    run_curate(tmp_path, [split], steps(HOLD_OUT, ("decontaminate", {"against": ["heldout"]})))
    held_id = input_rows([split])[0]["id"]
    assert [row["id"] for row in read_pool(tmp_path)["heldout"]] == [held_id]
    shares = {"beginning": 1.0, "middle": 1.0, "longer": 1.0, "two thirds of it": 100 / 150}
    assert dropped(tmp_path) == {texts[name]: (share, held_id) for name, share in shares.items()}


def test_what_many_items_have_is_no_evidence(tmp_path: Path) -> None:
    """Eleven questions begin alike; one has nothing of its own, and is told to be undetectable."""
    head = sentence("head", 60)
    questions = [f"{head} {sentence(i, 30)}" for i in range(10)] + [head]
    texts = [f"{head} and then {sentence('more', 40)}", f"{sentence('x', 20)} {questions[3]}"]
    against = [quiz(tmp_path, items_of(*questions))]
    split = split_of(0, [(text, "web") for text in texts])
    manifest = run_curate(tmp_path, [split], steps(("decontaminate", {"against": against})))
    assert dropped(tmp_path) == {texts[1]: (1.0, "quiz:3")}
    assert manifest["notes"]["decontaminate"]["sets"][0]["only_common"] == ["quiz:10"]

    run_curate(
        tmp_path / "fewer", [split], steps(("decontaminate", {"against": [quiz(tmp_path, items_of(*questions[1:]))]}))
    )
    assert set(dropped(tmp_path / "fewer")) == set(texts)  # ten items are not many


def test_what_many_documents_have_is_no_evidence(tmp_path: Path) -> None:
    """A licence is most of the held-out file: others that begin with it stay, unless they hold the rest too."""
    licence, rest = sentence("licence", 90), sentence("rest", 25)
    files = [f"{licence} {sentence(i, 40 + i)}" for i in range(20)]
    copy = f"{licence} {sentence('y', 20)} {rest}"
    held = (f"{licence} {rest}", "held")
    chain = steps(HOLD_OUT, ("decontaminate", {"against": ["heldout"]}))
    others = [sentence(("other", i), 30) for i in range(10)]
    run_curate(tmp_path / "many", [split_of(0, [held, *((text, "web") for text in [*files, copy, *others])])], chain)
    assert set(dropped(tmp_path / "many")) == {copy}
    run_curate(tmp_path / "few", [split_of(0, [held, *((text, "web") for text in [*files[1:], copy, *others])])], chain)
    assert set(dropped(tmp_path / "few")) == {*files[1:], copy}


def test_what_cannot_be_detected_is_told(tmp_path: Path) -> None:
    rows = items_of("What is 2+2?", sentence(1, 30), " ", sentence(1, 30).upper(), "Who?")
    events = tmp_path / "events.jsonl"
    chain = steps(("decontaminate", {"against": [quiz(tmp_path, rows)]}))
    job = CurateJob("pool", (), chain, 17)
    manifest = curate(job, (split_of(0, [("text", "web")]),), tmp_path / "pool", LocalEngine(), EventLog(events))
    assert manifest["notes"]["decontaminate"]["sets"] == [
        {
            "name": "quiz",
            "n_items": 4,
            "n_repeated": 1,
            "n_empty": 1,
            "too_short": ["quiz:0", "quiz:4"],
            "only_common": [],
        }
    ]
    told = [event["text"] for event in read_events(events) if event["event"] == "warning"]
    assert len(told) == 2
    assert "2 of 4 items of `quiz` cannot be detected: quiz:0, quiz:4; 2 are shorter than 8 tokens" in told[0]
    assert f"1 items of `quiz` have an empty question, the first in {tmp_path}/quiz.jsonl:3" in told[1]


def test_only_documents_of_those_domains_are_looked_at(tmp_path: Path) -> None:
    text = sentence(1, 30)
    chain = steps(("decontaminate", {"against": [quiz(tmp_path, items_of(text))], "only": ["web"]}))
    run_curate(tmp_path, [split_of(0, [(text, "web"), (f"{text} again", "code")])], chain)
    assert set(dropped(tmp_path)) == {text}
    measured = {row["decon.overlap"] for row in read_pool(tmp_path)["signals"]}
    assert measured == {1.0, None}


def test_of_equal_held_out_documents_the_smallest_id_is_named(tmp_path: Path) -> None:
    text = sentence(1, 30)
    split = split_of(0, [*((text + "\n" * i, "held") for i in range(6)), (text.upper(), "web")])
    chain = steps(("holdout", {"per_domain": "1MB", "only": ["held"]}), ("decontaminate", {"against": ["heldout"]}))
    manifest = run_curate(tmp_path, [split], chain)
    smallest = min(row["id"] for row in input_rows([split])[:6])
    assert dropped(tmp_path) == {text.upper(): (1.0, smallest)}
    assert manifest["notes"]["decontaminate"]["sets"][0]["n_repeated"] == 5


def test_another_set_in_the_same_place(tmp_path: Path) -> None:
    """What a process remembers of an index is not taken for that of a later run."""
    text = sentence(1, 30)
    for number in range(2):
        rows = [{"question": text, "answer": "", "id": f"run {number}"}]
        chain = steps(("decontaminate", {"against": [quiz(tmp_path, rows)]}))
        run_curate(tmp_path / "pool", [split_of(0, [(text, "web")])], chain)
        assert dropped(tmp_path / "pool") == {text: (1.0, f"quiz:run {number}")}


def mixed_texts() -> list[tuple[str, str | None]]:
    """Documents of four domains; some hold others."""
    stream = random_stream(6, "decontaminate test, mixed")
    texts = [sentence(("mixed", i), int(stream.integers(0, 80))) for i in range(150)]
    texts += [f"{sentence(i, 10)} {texts[int(stream.integers(150))]}" for i in range(100)]
    return [(text, ["held", "web", "code", None][int(stream.integers(4))]) for text in texts]


class TwoWorkers(LocalEngine):
    """Two processes for the passes over the text that are the step's own; starting them takes long."""

    def run(self, plan: Any, sink: Any, *, label: str, events: Any = None, journal: Any = None) -> list[Any]:
        workers = 2 if label.removeprefix("01-decontaminate") in ("", ": boilerplate") else 1
        return LocalEngine(workers).run(plan, sink, label=label, events=events, journal=journal)


@pytest.mark.parametrize(
    ("cut", "partitions", "engine"),
    [([0, 1, 100, 100, 250], 3, LocalEngine(memory_bytes=50_000)), ([0, 120, 250], 2, TwoWorkers())],
)
def test_splits_workers_and_partitions_do_not_matter(
    tmp_path: Path, cut: list[int], partitions: int, engine: LocalEngine
) -> None:
    """The same documents, in one file and in several."""
    whole = split_of(0, mixed_texts())
    several = [TextSplit(whole.source, whole.documents[start:stop]) for start, stop in itertools.pairwise(cut)]
    against = ["heldout", quiz(tmp_path, items_of(*(text for text, _ in mixed_texts()[:60:3] if text.strip())))]
    chain = steps(("holdout", {"per_domain": 4000}), ("decontaminate", {"against": against}))
    one = run_curate(tmp_path / "one", [whole], chain, partitions=1)
    other = run_curate(tmp_path / "other", several, chain, partitions=partitions, engine=engine)
    assert dropped(tmp_path / "one") == dropped(tmp_path / "other")
    assert len(dropped(tmp_path / "one")) > 15
    assert (one["counts"], one["notes"]) == (other["counts"], other["notes"])


def test_the_same_bytes_after_an_interruption(tmp_path: Path) -> None:
    splits = [split_of(number, mixed_texts()[number::4]) for number in range(4)]
    chain = steps(("holdout", {"per_domain": 4000}), ("decontaminate", {"against": ["heldout"]}))
    run_curate(tmp_path / "once", splits, chain)

    class Interrupted(Exception):
        pass

    class Stopping(LocalEngine):
        """Stops after the first task of the pass that decides."""

        def run(self, plan: Any, sink: Any, *, label: str, events: Any = None, journal: Any = None) -> list[Any]:
            class Once:
                def emit(self, event: str, /, **fields: Any) -> None:
                    if label == "01-decontaminate":
                        raise Interrupted

            return super().run(plan, sink, label=label, events=Once(), journal=journal)

    with pytest.raises(Interrupted):
        run_curate(tmp_path / "twice", splits, chain, engine=Stopping())
    run_curate(tmp_path / "twice", splits, chain)
    assert pool_bytes(tmp_path / "twice") == pool_bytes(tmp_path / "once")


def test_held_out_documents_are_asked_for_before_there_are_any(tmp_path: Path) -> None:
    splits = [split_of(0, [("text", "web")])]
    decontaminate = ("decontaminate", {"against": ["heldout"]})
    for chain in (steps(decontaminate), steps(decontaminate, ("holdout", {}))):
        with pytest.raises(BadInput, match="without a `holdout` step before it"):
            run_curate(tmp_path, splits, chain)
    assert not (tmp_path / "work").exists()  # told before anything is read


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "MAX_TEXT_BYTES", 1000)
    splits = [split_of(0, [(sentence(i, 40), "web") for i in range(9)])]
    chain = steps(("holdout", {"per_domain": 1500}), ("decontaminate", {"against": ["heldout"]}))
    with pytest.raises(BadInput, match=r"(?s)of text to decontaminate against.*per_domain"):
        run_curate(tmp_path, splits, chain)


def test_a_set_is_part_of_what_the_pool_depends_on(tmp_path: Path) -> None:
    def fingerprint() -> str:
        return job_fingerprint(CurateJob("pool", (), chain, 17), [])

    chain = steps(("decontaminate", {"against": [quiz(tmp_path, items_of("one", "two"))]}))
    before = fingerprint()
    quiz(tmp_path, items_of("one", "three"))
    assert fingerprint() != before
    quiz(tmp_path, items_of("one", "two"))
    assert fingerprint() == before
    (tmp_path / "quiz.jsonl").unlink()
    with pytest.raises(BadInput, match=r"quiz\.jsonl"):
        fingerprint()


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "against"),
        ({"against": []}, "at least 1"),
        ({"against": ["heldout", "heldout"]}, "stands there twice"),
        ({"against": ["held"]}, "heldout"),
        ({"against": ["heldout"], "threshold": 0}, "greater than 0"),
        ({"against": ["heldout"], "action": "mask"}, "drop"),
        ({"against": [{"name": "a", "paths": [], "fields": {"question": "q"}}]}, "paths"),
        ({"against": [{"name": "a", "paths": ["x"], "fields": {"answer": "q"}}]}, "question"),
    ],
)
def test_parameters(parameters: Row, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        steps(("decontaminate", parameters))


def test_held_out_parts_alone_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of parts without held-out documents is not read to collect these."""
    read: dict[str, list[int]] = {}
    original = heldout.collect

    def collect(engine: Any, plan: Any, *, label: str) -> Any:
        read[label.split("held-out ")[1]] = [split.number for split in plan.splits]
        return original(engine, plan, label=label)

    monkeypatch.setattr(heldout, "collect", collect)
    splits = [split_of(i, [(sentence((i, j), 20), "held" if i == 1 else "web") for j in range(3)]) for i in range(3)]
    run_curate(tmp_path, splits, steps(HOLD_OUT, ("decontaminate", {"against": ["heldout"]})))
    assert read == {"sizes": [0, 1, 2], "text": [1]}
