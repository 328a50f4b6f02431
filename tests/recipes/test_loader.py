"""A recipe is loaded whole, or everything that is wrong with it is told at its place, in the order of the file."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from curation.core.errors import BadInput, Problems, nearest
from recipes import load
from recipes.flow import INPUT_KINDS
from recipes.loading.loader import load_recipe
from recipes.loading.packaged import packaged
from recipes.recipe import load_with_places
from recipes.schema import CurateStage, Recipe

GOOD = """\
schema: 1
kind: recipe
name: example
stages:
  pool:
    kind: curate
    sources:
      - {name: web, reader: plain}
    steps:
      - exact
      - filter: {max_ratio: 0.5}
      - filter:
          name: again
  counts: {kind: count, pool: pool, tokenizer: {train: {vocab_size: 300}}}
  natural: {kind: optimize, baseline: natural, counts: counts, tokens: 1M}
  shards: {kind: emit, pool: pool, counts: counts, mixture: natural}
"""


class Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str | None = None


class Filter(Exact):
    max_ratio: float = Field(0.3, gt=0)
    max_repetition: int = 4


STEPS = {"exact": Exact, "filter": Filter}


def step_config(name: str) -> type[BaseModel]:
    if name not in STEPS:
        raise BadInput(f"no step is called `{name}`", fix=f"did you mean `{nearest(name, STEPS)}`?")
    return STEPS[name]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "r.yaml"
    path.write_text(GOOD)
    return path


def loaded(file: Path, *sets: str) -> Recipe:
    return load_recipe(file, sets, step_config)[0]


def told(file: Path, *sets: str) -> list[str]:
    with pytest.raises(Problems) as raised:
        load_recipe(file, sets, step_config)
    return [str(problem).replace(f"{file}:", "") for problem in raised.value.problems]


def changed(file: Path, *changes: tuple[str, str]) -> Path:
    text = file.read_text()
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    file.write_text(text)
    return file


def curate(recipe: Recipe) -> CurateStage:
    stage = recipe.stages["pool"]
    assert isinstance(stage, CurateStage)
    return stage


@pytest.mark.parametrize("name", packaged())
def test_packaged_recipes_are_right(name: str) -> None:
    assert load(name).name == name


def test_steps_come_in_one_form(file: Path) -> None:
    recipe = loaded(changed(file, ("- filter: {max_ratio: 0.5}", "- filter:")))
    assert curate(recipe).steps == ({"exact": {}}, {"filter": {}}, {"filter": {"name": "again"}})


def test_three_mistakes_of_three_kinds_at_once(file: Path) -> None:
    changed(file, ("max_ratio", "max_repetitoin"), ("mixture: natural", "mixture: natrual"), ("300", "many"))
    assert told(file) == [
        "11:18: stages.pool.steps.filter: unknown key `max_repetitoin`\n  fix: did you mean `max_repetition`?",
        '14:69: stages.counts.tokenizer.train.vocab_size: "many" is not a whole number',
        "16:61: stages.shards.mixture: no stage is called `natrual`\n  fix: did you mean `natural`?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [("- exact", "- exakt", "10:9: stages.pool.steps: no step is called `exakt`\n  fix: did you mean `exact`?"),
     ("- exact", "- exakt:", "10:9: stages.pool.steps: no step is called `exakt`\n  fix: did you mean `exact`?"),
     ("max_ratio: 0.5", "max_ratio: 0", "11:29: stages.pool.steps.filter.max_ratio: 0 must be greater than 0"),
     ("name: again", "name: again\n          max_repetition: true",
      "14:27: stages.pool.steps.again.max_repetition: true is not a number"),
     ("filter: {max_ratio: 0.5}", "filter: 0.5", "11:17: stages.pool.steps.filter: 0.5 is not a mapping (key: value)"),
     ("- exact\n", "- exact: {}\n        filter: {}\n",
      "10:9: stages.pool.steps.0: a step is one name with its parameters, this has `exact`, `filter`\n"
      "  fix: indent the parameters below the step's name, and begin each step with `- `"),
     ("- exact", "- 5", "10:9: stages.pool.steps.0: this is no step\n  fix: write `- name: {parameters}`"),
     ("name: again", "max_ratio: 1",
      "12:9: stages.pool.steps: a second step is called `filter`; the first is in line 11\n"
      "  fix: give it a name of its own: `name: filter_2`"),
     ("pool: pool, tok", "pool: shards, tok",
      "14:31: stages.counts.pool: stage `shards` is of kind emit; `pool` needs one of kind curate"),
     ("kind: emit", "kind: emmit", "16:18: stages.shards.kind: no kind is called `emmit`\n  fix: did you mean `emit`?"),
     ("kind: recipe", "kind: recipes", '2:7: kind: "recipes" is not recipe\n  fix: did you mean `recipe`?'),
     ("name: example", "nmae: example", "3:1: unknown key `nmae`\n  fix: did you mean `name`?"),
     ("name: example", "name: example\nbsae: x", "4:1: unknown key `bsae`\n  fix: did you mean `base`?")],
)  # fmt: skip
def test_one_mistake(file: Path, old: str, new: str, expected: str) -> None:
    assert told(changed(file, (old, new))) == [expected]


def test_a_circle_is_told_at_one_of_its_stages(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recipes.flow.INPUT_KINDS", {**INPUT_KINDS, "mixture": ("emit",)})
    changed(file, ("mixture: natural", "mixture: shards"))
    assert told(file) == ["16:3: stages.shards: stages feed each other in a circle: shards -> shards"]


def test_references_to_a_stage_with_a_wrong_kind_are_not_told(file: Path) -> None:
    assert told(changed(file, ("kind: count,", "kind: cuont,"))) == [
        "14:18: stages.counts.kind: no kind is called `cuont`\n  fix: did you mean `count`?"
    ]


@pytest.mark.parametrize("stages", ["", " {}", " 5", " []", "\n  pool:", "\n  pool: [curate]", "\n  p: {kind: curate}"])
def test_recipes_without_usable_stages(file: Path, stages: str) -> None:
    file.write_text(f"schema: 1\nkind: recipe\nname: x\nstages:{stages}\n")
    (message,) = told(file)
    assert message.startswith(("4:", "5:"))


def test_what_comes_from_a_base_is_told_there_and_after_the_file_itself(file: Path) -> None:
    changed(file, ("max_ratio: 0.5", "max_ratio: 0"))
    top = file.with_name("top.yaml")
    top.write_text("base: r.yaml\nseed: x\nstages:\n  natural: {tokens: 2M, kl: -1}\n")
    assert [message.replace(f"{top}:", "top:") for message in told(file.with_name("top.yaml"), "name=a b")] == [
        '2:7: seed: "x" is not a whole number',
        "4:29: stages.natural.kl: -1 must be at least 0",
        f"{file}:11:29: stages.pool.steps.filter.max_ratio: 0 must be greater than 0",
        '--set name=a b: name: "a b" must match ^[A-Za-z0-9][A-Za-z0-9._-]*$',
    ]


def test_changes_are_checked_like_the_file(file: Path) -> None:
    recipe = loaded(file, "stages.pool.steps.again.max_ratio=0.7", "stages.pool.rejected_text=none", "seed=3")
    assert curate(recipe).steps[2] == {"filter": {"name": "again", "max_ratio": 0.7}}
    assert (curate(recipe).rejected_text, recipe.seed) == ("none", 3)
    assert told(file, "stages.pool.steps.again.max_rato=1", "foo", "stages.shards.pool=poool") == [
        "--set stages.pool.steps.again.max_rato=1: stages.pool.steps.again: unknown key `max_rato`\n"
        "  fix: did you mean `max_ratio`?",
        "--set stages.shards.pool=poool: stages.shards.pool: no stage is called `poool`\n  fix: did you mean `pool`?",
        "--set foo: a change has the form a.b.c=value\n  fix: for example --set seed=18",
    ]


def test_places_are_there_for_others() -> None:
    recipe, addresses = load_with_places("quickstart", ["seed=1"])
    place = addresses.place("stages.pool.steps.holdout.per_domain")
    line = Path(place.file).read_text().splitlines()[place.line - 1]
    (holdout,) = (step["holdout"] for step in curate(recipe).steps if "holdout" in step)
    assert line[place.column - 1 :].startswith(str(holdout["per_domain"]))
    assert str(addresses.place("seed")) == "--set seed=1"
    assert addresses.place("stages.pool.nothing.at.all") == addresses.place("stages.pool")


def test_a_recipe_that_is_not_there() -> None:
    with pytest.raises(BadInput, match=r"(?s)quikstart.yaml: no such recipe.*did you mean `quickstart`\?"):
        load("quikstart.yaml")
