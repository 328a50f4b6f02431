"""What is no YAML, or not allowed in a recipe, is said in a sentence with file, line and column."""

from pathlib import Path

import pytest

from curation.core.errors import BadInput, Problems
from recipes.loading.yaml_reader import parse_yaml, read_yaml


def problems(text: str) -> list[BadInput]:
    with pytest.raises(Problems) as raised:
        parse_yaml(text, "f.yaml")
    assert all(isinstance(problem, BadInput) for problem in raised.value.problems)
    return raised.value.problems  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [("a:\n\tb: 1", "2:1", "a tab"),
     ("a: 1\nb: x\t# c", "2:5", "a tab"),
     ("a: b: c", "1:5", "second `:`"),
     ("a: 1\n  b: 2", "2:4", "second `:`"),
     ("a:\n  b: 1\n c: 2", "3:2", "belongs to nothing"),
     ("a: 1\nb\nc: 2", "2:1", "no `:`"),
     ("a: 1\nb:2", "2:1", "space after the `:`"),
     ("a: 1\nb: 'x\nc: 2", "2:4", "never closed"),
     ("a: 1\nb: [1, 2\nc: 3", "2:4", r"`\[` is not closed"),
     ("a: {b: 1\nc: 2", "1:4", r"`\{` is not closed"),
     ("a: [1, {b: 2]", "1:8", r"`\{` is not closed"),
     ("a: 'x' y", "1:8", "text follows"),
     ("a: @x", "1:4", "begin with '@'"),
     ("a: *.py", "1:4", "alias.*\n.*quotes"),
     ("a: *x", "1:4", r"`\*x` is an alias"),
     ("a: 1\nb: &x {c: 1}", "2:4", "`&x` is an anchor"),
     ("a: !include x", "1:4", "`!include` is a tag"),
     ("a: !!python/object:os.system x", "1:4", "`!!python/object:os.system` is a tag"),
     ("a: {}\nb:\n  <<: {c: 1}", "3:3", "(?s)merge keys.*use `base:`"),
     ("a: 1\nb: 2\na: 3", "3:1", "`a` is repeated: first in line 1"),
     ("a: {x: 1, 'x': 2}", "1:11", "`x` is repeated"),
     ("? [a, b]\n: 1", "1:3", "key must be text"),
     (": 1", "1:1", "no key in front"),
     ("a: 1\n---\nb: 2", "2:1", "second document"),
     ("a: 1\n- 2", "2:1", "list item"),
     ("a: - 1", "1:4", "list item"),
     ('a: "C:\\data"', "1:8", "(?s)backslash.*single quotes"),
     ('a: "\\ud83d"', "1:4", "surrogate"),
     ('a: "\\UFFFFFFFF"', "1:7", "no character"),
     ("a: >x", "1:5", "next line"),
     ("a: 1\nb: x\x07y", "2:5", "control character"),
     ("a: " + "[" * 5000, "1:104", "100 levels"),
     ("a: " + "9" * 5000, "1:4", "5,000 digits"),
     ("", "1:1", "empty"),
     ("# only a comment\n", "1:1", "empty"),
     ("%YAML 2.0\n---\na: 1", "1:1", "version of YAML")],
)  # fmt: skip
def test_one_error(text: str, place: str, words: str) -> None:
    (problem,) = problems(text)
    assert problem.where == f"f.yaml:{place}"
    with pytest.raises(BadInput, match=words):
        raise problem
    assert "while parsing" not in str(problem)
    assert "while scanning" not in str(problem)


def test_errors_of_meaning_are_told_together_and_before_one_of_syntax() -> None:
    found = problems("a: 1\na: 2\nb: {c: 1, c: 2}\n<<: {}\nd: [1\n")
    assert [problem.where for problem in found] == ["f.yaml:2:1", "f.yaml:3:11", "f.yaml:4:1", "f.yaml:5:4"]


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [(b"a: 1\nname: caf\xe9\n", ":2:10", "0xE9 is not UTF-8"),
     (b"\xff\xfea\x00", ":1:1", "0xFF is not UTF-8"),
     (b"\xef\xbb\xbf\xc3\xa9: 1\xfe", ":1:5", "0xFE is not UTF-8"),
     (b"- 1\n- 2\n", ":1:1", "a list, not a mapping"),
     (b"# x\n  hello\n", ":2:3", "a single value, not a mapping"),
     (b"", ":1:1", "empty")],
)  # fmt: skip
def test_a_file_that_holds_no_mapping_in_utf_8(tmp_path: Path, data: bytes, place: str, words: str) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(data)
    with pytest.raises(Problems, match=words) as raised:
        read_yaml(file)
    (problem,) = raised.value.problems
    assert problem.where == f"{file}{place}"


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert str(read_yaml(file).entries["a"].head) == f"{file}:1:1"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Problems, match="cannot be read: is a directory"):
        read_yaml(tmp_path)
