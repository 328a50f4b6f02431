"""What a model refuses is said in plain words, with the address, at the place."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from curation.core.quantities import Fraction, Size, Tokens
from recipes.loading.tree import Addresses
from recipes.loading.validation import check
from recipes.loading.yaml_reader import parse_yaml


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Verify(Closed):
    jaccard: float = Field(0.8, gt=0, le=1)
    ngram: int = 5


class Circle(Closed):
    kind: Literal["circle"]
    radius: float


class Box(Closed):
    kind: Literal["box"]
    sides: tuple[int, int] = (1, 1)
    box: int = 0

    @model_validator(mode="after")
    def _not_flat(self) -> "Box":
        if 0 in self.sides:
            raise ValueError("a box without area; make both sides longer")
        return self


class Thing(Closed):
    text: str = "x"
    whole: int = 1
    number: float = 1.0
    flag: bool = False
    either: bool | int = 1
    choice: Literal["all", "none"] = "all"
    tags: tuple[str, ...] = Field((), max_length=2)
    shares: dict[str, float] = {}
    short: str = Field("abc", min_length=2, pattern="^[a-c]*$")
    tokens: Tokens = 1
    size: Size | None = None
    share: Fraction = 0.5
    verify: float | Verify = 0.8
    tokenizer: str | Verify = "x"
    shape: Annotated[Circle | Box, Field(discriminator="kind")] | None = None
    shapes: tuple[Annotated[Circle | Box, Field(discriminator="kind")], ...] = ()
    mixed: Literal["a", 1, "b c"] = "a"
    version: Literal[1] = Field(1, alias="schema")
    needed: int

    @field_validator("text")
    @classmethod
    def _no_shouting(cls, value: str, info: ValidationInfo) -> str:
        if value.isupper():
            raise ValueError("text must not shout")
        return value


def told(text: str, model: type[BaseModel] = Thing) -> list[str]:
    tree = parse_yaml(text, "f")
    instance, findings = check(model, tree, (), Addresses(tree))
    assert (instance is None) == bool(findings)
    return [str(finding.error()) for finding in findings]


@pytest.mark.parametrize(
    ("line", "expected"),
    [("whole: many", '1:8: whole: "many" is not a whole number'),
     ("whole: 1.5", "1:8: whole: 1.5 is not a whole number"),
     ("whole: true", "1:8: whole: true is not a number"),
     ("whole: [1]", "1:1: whole: [1] is not a whole number"),
     ("whole:", "1:1: whole: nothing is given; it should be a whole number\n  fix: write a value, or leave the key out "
                "if it has a default"),
     ("number: x", '1:9: number: "x" is not a number'),
     ("flag: maybe", '1:7: flag: "maybe" is not true or false'),
     ("text: 5", '1:7: text: 5 is not text\n  fix: put it in quotes: "5"'),
     ("text: {a: 1}", '1:1: text: {"a": 1} is not text'),
     ("text: SHOUT", '1:7: text: "SHOUT": text must not shout'),
     ("tags: code/*", '1:7: tags: "code/*" is not a list\n  fix: write [code/*]'),
     ("tags: [a, 5]", '1:11: tags.1: 5 is not text\n  fix: put it in quotes: "5"'),
     ("tags: [a, b, c]", '1:1: tags: ["a", "b", "c"]; it must have at most 2 items'),
     ("shares: [1]", "1:1: shares: [1] is not a mapping (key: value)"),
     ("shares: {a: x}", '1:13: shares.a: "x" is not a number'),
     ("shares: {a: false}", "1:13: shares.a: false is not a number"),
     ("short: a", '1:8: short: "a"; it must have at least 2 characters'),
     ("short: abd", '1:8: short: "abd" must match ^[a-c]*$'),
     ("choice: al", '1:9: choice: "al" is not one of all, none\n  fix: did you mean `all`?'),
     ("choice: 7", "1:9: choice: 7 is not one of all, none\n  fix: use one of all, none"),
     ("mixed: x", '1:8: mixed: "x" is not one of a, 1, b c\n  fix: use one of a, 1, b c'),
     ("schema: 2", "1:9: schema: 2 is not 1\n  fix: write 1"),
     ("tokens: 3X", "1:9: tokens: '3X' is not a count such as 200K, 30M, 3B or 6T\n  fix: write a count such as 200K, "
                    "30M, 3B or 6T"),
     ("tokens: [1]", "1:1: tokens: [1] is neither a number nor text"),
     ("tokens: 1e400M", "1:9: tokens: '1e400M' is too large"),
     ("tokens: .inf", "1:9: tokens: inf is not a finite number"),
     ("tokens:", "1:1: tokens: nothing is given\n  fix: write a value, or leave the key out if it has a default"),
     ("size: 1.5", "1:7: size: 1.5 is not a whole number\n  fix: write a size such as 200KB, 64MiB or 2GB"),
     ("share: 120%", "1:8: share: '120%' is not a share\n"
                     "  fix: write a number from 0 to 1, or a percentage such as 20%"),
     ("share: true", "1:8: share: True is neither a number nor text"),
     ("numbr: 5", "1:1: unknown key `numbr`\n  fix: did you mean `number`?"),
     ("shema: 1", "1:1: unknown key `shema`\n  fix: did you mean `schema`?"),
     ("verify: {jaccrd: 1}", "1:10: verify: unknown key `jaccrd`\n  fix: did you mean `jaccard`?"),
     ("verify: {jaccard: 0}", "1:19: verify.jaccard: 0 must be greater than 0"),
     ("verify: {jaccard: 2}", "1:19: verify.jaccard: 2 must be at most 1"),
     ("verify: {ngram: true}", "1:17: verify.ngram: true is not a number"),
     ("verify: x", '1:9: verify: "x" is not a number or a mapping (key: value)'),
     ("tokenizer: 5", "1:12: tokenizer: 5 is not text or a mapping (key: value)"),
     ("shape: {kind: cirle}", "1:15: shape.kind: no kind is called `cirle`\n  fix: did you mean `circle`?"),
     ("shape: {kind: 5}", "1:15: shape.kind: no kind is called 5\n  fix: use one of circle, box"),
     ("shape: {kid: box}", "1:1: shape: the key `kind` is missing\n  fix: did you mean `kind` by `kid`?"),
     ("shape: {sides: [1, 2]}", "1:1: shape: the key `kind` is missing\n  fix: add `kind:` with one of circle, box"),
     ("shape: 5", "1:8: shape: 5 is not a mapping (key: value)"),
     ("shape: {kind: box, sides: [1, x]}", '1:31: shape.sides.1: "x" is not a whole number'),
     ("shape: {kind: box, sides: [0, 1]}", "1:1: shape: a box without area\n  fix: make both sides longer"),
     ("shape: {kind: circle}", "1:1: shape: the key `radius` is missing\n  fix: write it, for it has no default"),
     ("shape: {kind: circle, radus: 1}", "1:23: shape: unknown key `radus`\n  fix: did you mean `radius`?"),
     ("shape: {kind: box, box: x}", '1:25: shape.box: "x" is not a whole number'),
     ("shape: {kind: box, radus: x}", "1:20: shape: unknown key `radus`\n  fix: use one of kind, sides, box"),
     ("shapes: [{kind: box}, {kind: circle, radius: x}]", '1:46: shapes.1.radius: "x" is not a number'),
     ("shapes: [{kind: circle}]", "1:10: shapes.0: the key `radius` is missing\n"
                                  "  fix: write it, for it has no default")],
)  # fmt: skip
def test_one_mistake(line: str, expected: str) -> None:
    assert told(f"{line}\nneeded: 1") == [f"f:{expected}"]


@pytest.mark.parametrize(
    "line",
    ["whole: 1e6", "whole: '5'", "flag: true", "either: true", "number: 1", "verify: 0.5", "verify: {}", "size: null",
     "shape: null", "shape: {kind: circle, radius: 3}", "version: 1", "tokens: 6T", "shares: {a: 1, b: .5}"],
)  # fmt: skip
def test_what_is_right_stays_untold(line: str) -> None:
    assert told(f"{line}\nneeded: 1") == []


def test_a_missing_key_is_told_at_its_mapping() -> None:
    assert told("# x\ntext: a") == ["f:2:1: the key `needed` is missing\n  fix: write it, for it has no default"]


def test_a_misspelt_key_is_not_told_as_missing_too() -> None:
    assert told("neeeded: 1") == ["f:1:1: unknown key `neeeded`\n  fix: did you mean `needed`?"]


def test_a_key_that_is_like_none_comes_with_all_that_there_are() -> None:
    assert told("qqq: 1\njaccard: 1", Verify) == ["f:1:1: unknown key `qqq`\n  fix: use one of jaccard, ngram"]


def test_a_long_value_is_cut() -> None:
    (message,) = told(f"whole: {'x' * 500}\nneeded: 1")
    assert len(message) < 120


def test_a_value_that_no_sentence_is_for_keeps_pydantics() -> None:
    class Odd(Closed):
        value: complex = 0j

    (message,) = told("value: x", Odd)
    assert message.startswith('f:1:8: value: "x": ')


def test_a_list_with_a_bad_item_is_not_told_to_be_too_short() -> None:
    class Lists(Closed):
        items: tuple[int, ...] = Field(min_length=1)

    assert told("items: [x]", Lists) == ['f:1:9: items.0: "x" is not a whole number']
    assert told("items: []", Lists) == ["f:1:1: items: it is empty; it must have at least 1 item"]


def test_all_mistakes_at_once() -> None:
    messages = told("whole: x\nnumbr: 1\nverify: {jaccard: 5}\ntags: [1, b]\n")
    assert {message.split(": ")[0] for message in messages} == {"f:1:1", "f:1:8", "f:2:1", "f:3:19", "f:4:8"}


def test_a_valid_tree_gives_the_instance() -> None:
    tree = parse_yaml("needed: 3\nverify: {ngram: 2}", "f")
    instance: Any = check(Thing, tree, (), Addresses(tree))[0]
    assert instance == Thing(needed=3, verify=Verify(ngram=2))
