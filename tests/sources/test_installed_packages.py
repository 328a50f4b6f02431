"""Reader installed-packages: what belongs to which domain, what a file gives, the limit, and locations."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import pickle
import sysconfig
from pathlib import Path, PurePosixPath

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from curation.core.errors import BadInput
from curation.sources import installed_packages
from curation.sources.installed_packages import DOMAINS, docstrings, domain_files, extract, help_topics
from curation.sources.source import InstalledPackagesSplit, SourceConfig, splits_of

FILES = {
    "python/os.py": "code/python docs/reference",
    "python/LICENSE.txt": "legal",
    "python/pydoc_data/topics.py": "docs/prose",
    "python/data.json": "",
    "python-include/Python.h": "code/cpp",
    "numpy/numpy/core.hpp": "code/cpp",
    "numpy/numpy/core.py": "code/python docs/reference",
    "numpy/numpy/core.pyi": "",
    "numpy/numpy/core.so": "",
    "numpy/numpy/license.py": "code/python docs/reference",
    "numpy/numpy/notice.h": "code/cpp",
    "numpy/dist-info/METADATA": "docs/prose",
    "numpy/dist-info/RECORD": "",
    "numpy/dist-info/top_level.txt": "",
    "numpy/dist-info/entry_points.txt": "",
    "numpy/dist-info/LICENSE": "legal",
    "numpy/dist-info/licenses/LICENSE.md": "legal",
    "numpy/dist-info/licenses/COPYING.rst": "legal",
    "numpy/numpy/README.md": "docs/prose",
    "numpy/numpy/random/LICENSE.md": "legal",
    "numpy/numpy/guide.RST": "docs/prose",
    "numpy/numpy/data/words.txt": "",
    "numpy/numpy/CMakeLists.txt": "",
    "numpy/numpy/third-party-licences.txt": "legal",
    "numpy/numpy/unlicensed.txt": "docs/prose",
    "setuptools/setuptools/_vendor/jaraco-1.0.dist-info/METADATA": "docs/prose",
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small installation: every file of `FILES`, with a text that names it."""
    found = []
    for location in FILES:
        path = tmp_path / location
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f'"""Docstring of {location}.\n\nwith a body"""\nx = 1\n'.encode())
        found.append((location, path))
    (tmp_path / "python/pydoc_data/topics.py").write_text("topics = {'a': 'first topic', 'b': 'second', 'c': 3}")
    monkeypatch.setattr(installed_packages, "installed_files", lambda: tuple(found))
    return tmp_path


def test_domains_of_files(tree: Path) -> None:
    found: dict[str, list[str]] = {location: [] for location in FILES}
    for domain in DOMAINS:
        for location, _ in domain_files(domain):
            found[location].append(domain)
    assert {location: " ".join(domains) for location, domains in found.items()} == FILES


def test_files_come_in_the_order_of_the_hash_of_their_location(tree: Path) -> None:
    locations = [location for location, _ in domain_files("docs/prose")]
    assert locations == sorted(locations, key=lambda location: xxhash.xxh3_64_intdigest(location.encode()))
    assert locations != sorted(locations)


def test_an_unknown_domain_is_refused(tree: Path) -> None:
    with pytest.raises(BadInput, match="no domain 'prose'") as raised:
        domain_files("prose")
    assert "docs/prose" in (raised.value.fix or "")


def read(domain: str, limit: int | None = None) -> list[tuple[str, int, str]]:
    (split,) = splits_of(SourceConfig(name="s", reader="installed-packages", domain=domain, limit_bytes=limit))
    rows = [row for batch in split.read() for row in batch.to_pylist()]
    assert {row["domain"] for row in rows} <= {domain}
    assert {row["source"] for row in rows} <= {"s"}
    return [(row["location"], row["row"], row["text"]) for row in rows]


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_smaller_limit_gives_a_prefix_that_is_as_long_as_fits(tree: Path, domain: str) -> None:
    whole = read(domain)
    sizes = [len(text.encode()) for _, _, text in whole]
    for limit in range(1, sum(sizes) + 10, 23):
        n = next((n for n in range(len(sizes)) if sum(sizes[: n + 1]) > limit), len(sizes))
        assert read(domain, limit) == whole[:n]


def test_documents_of_one_file_are_numbered(tree: Path) -> None:
    topics = [(row, text) for location, row, text in read("docs/prose") if location == "python/pydoc_data/topics.py"]
    assert topics == [(0, "first topic"), (1, "second")]


def test_a_split_depends_on_texts_places_and_limit_and_not_on_the_machine(tree: Path) -> None:
    def key(split: InstalledPackagesSplit) -> str:
        return dataclasses.replace(split).key

    split = InstalledPackagesSplit("s", "legal", None)
    first = key(split)
    assert pickle.loads(pickle.dumps(split)).key == first
    assert key(InstalledPackagesSplit("s", "legal", 10)) != first != key(InstalledPackagesSplit("t", "legal", None))
    (tree / "python/LICENSE.txt").write_text("changed")
    assert key(split) != first


def test_size_is_capped_by_the_limit(tree: Path) -> None:
    size = InstalledPackagesSplit("s", "code/cpp", None).size_bytes
    assert size == sum(path.stat().st_size for _, path in domain_files("code/cpp"))
    assert InstalledPackagesSplit("s", "code/cpp", 10).size_bytes == 10
    assert InstalledPackagesSplit("s", "code/cpp", size + 1).size_bytes == size


@pytest.mark.parametrize(
    ("source", "message", "fix"),
    [
        (SourceConfig(name="s", reader="installed-packages"), "needs a domain", "legal"),
        (SourceConfig(name="s", reader="installed"), "no reader 'installed'", "installed-packages"),
    ],
)
def test_sources_that_cannot_be_read(source: SourceConfig, message: str, fix: str) -> None:
    with pytest.raises(BadInput, match=message) as raised:
        splits_of(source)
    assert "'s'" in raised.value.what
    assert fix in (raised.value.fix or "")


MODULE = '''
"""About the module."""
import os

class Shelf(Base, metaclass=M):
    """Holds books.

        Indented.
    """

    def put(self, book: "Book", *, at=-1) -> None:
        """Put a book."""
        def inner(): "nested"

    def nothing(self): return 1

async def fetch(a, /, b=(1, 2), *c, d, **e):
    "Fetch."
'''


def test_docstrings_stand_under_their_signatures_in_source_order() -> None:
    assert docstrings(MODULE).split("\n\n") == [
        "About the module.",
        "class Shelf",
        "Holds books.",
        "Indented.",
        "put(self, book: 'Book', *, at=-1)",
        "Put a book.",
        "inner()",
        "nested",
        "fetch(a, /, b=(1, 2), *c, d, **e)",
        "Fetch.",
    ]


@pytest.mark.parametrize(
    "source",
    ["", "x = 1", "def f(:", "\0", "-" * 20_000 + "1", "x" + ".y" * 20_000, "(" * 300, "\ud800"],
    ids=["empty", "no docstrings", "syntax error", "nul", "deep minus", "deep dots", "deep brackets", "surrogate"],
)
def test_what_has_no_docstrings_or_does_not_parse_gives_nothing(source: str) -> None:
    assert docstrings(source) == ""


def test_a_doubtful_escape_sequence_is_no_matter() -> None:
    """The parser warns of it, and warnings are errors here."""
    assert docstrings('"""A \\d pattern."""') == "A \\d pattern."


def test_lone_surrogates_of_escape_sequences_become_replacement_characters() -> None:
    assert docstrings('"""a\\ud800b"""') == "a\ufffdb"
    assert list(help_topics('{"t": "a\\udfffb"}')) == ["a\ufffdb"]


@pytest.mark.parametrize(
    ("location", "raw", "texts"),
    [
        ("p/README.md", b"plain", ["plain"]),
        ("p/README.md", b"\xef\xbb\xbfmark", ["mark"]),
        ("p/README.md", b"bad \xff byte", ["bad \ufffd byte"]),
        ("p/README.md", b" \n\t", []),
        ("p/dist-info/METADATA", b"Name: p\nVersion: 1\n\nBody\n\nmore", ["Body\n\nmore"]),
        ("p/dist-info/METADATA", b"Name: p\r\nVersion: 1\r\n\r\nBody\r\n\r\nmore", ["Body\r\n\r\nmore"]),
        ("p/dist-info/METADATA", b"Name: p\nVersion: 1\n", []),
        ("python/pydoc_data/topics.py", b"topics = {'a': 'b', 'c': 'd'}", ["b", "d"]),
    ],
)
def test_the_texts_of_a_file(location: str, raw: bytes, texts: list[str]) -> None:
    assert list(extract("docs/prose", location, raw)) == texts


@given(
    st.binary() | st.text().map(lambda body: f'"""{body}"""'.encode()),
    st.sampled_from(["code/python", "docs/reference"]),
)
def test_any_bytes_give_valid_text(raw: bytes, domain: str) -> None:
    for text in extract(domain, "p/a.py", raw):
        assert text.strip()
        text.encode()


@pytest.fixture(scope="module")
def installation() -> tuple[tuple[str, Path], ...]:
    return installed_packages.installed_files()


def test_locations_are_unique_and_say_nothing_of_the_machine(installation: tuple[tuple[str, Path], ...]) -> None:
    roots = {"python", "python-include", *installed_packages.PACKAGES}
    machine = {str(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "include")}
    for location, _ in installation:
        parts = PurePosixPath(location).parts
        assert parts[0] in roots
        assert not {"..", "/", "tests", "__pycache__", "site-packages"}.intersection(parts)
        assert not any(path in location for path in machine)
        assert not parts[1].endswith(".dist-info")
    assert len({location for location, _ in installation}) == len(installation)


def test_every_domain_has_files_in_this_installation(installation: tuple[tuple[str, Path], ...]) -> None:
    assert all(domain_files(domain) for domain in DOMAINS)
    assert "python/pydoc_data/topics.py" in dict(domain_files("docs/prose"))


def test_a_file_that_is_recorded_but_gone_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Recorded(importlib.metadata.PackagePath):
        def locate(self) -> Path:
            return tmp_path / self

    (tmp_path / "here.py").write_text("")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_here.py").write_text("")
    names = ("here.py", "gone.py", "tests/test_here.py", "../bin/script.py")
    monkeypatch.setattr(installed_packages.metadata, "files", lambda package: [Recorded(name) for name in names])
    monkeypatch.setattr(installed_packages, "PACKAGES", ("p",))
    monkeypatch.setattr(installed_packages, "_walk", lambda root, skipped: iter(()))
    assert [location for location, _ in installed_packages.installed_files.__wrapped__()] == ["p/here.py"]


def test_only_what_mixwright_itself_needs_is_read() -> None:
    """What else is installed, for tests or by the user, must not change the pool."""
    needed: set[str] = {"pip"}  # every virtual environment has it

    def walk(name: str, extras: frozenset[str]) -> None:
        for text in importlib.metadata.requires(name) or []:
            requirement = Requirement(text)
            wanted = requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in extras | {""}
            )
            key = canonicalize_name(requirement.name)
            if wanted and key not in needed:
                needed.add(key)
                with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # of another platform
                    walk(requirement.name, frozenset(requirement.extras))

    walk("mixwright", frozenset({"train"}))
    assert set(installed_packages.PACKAGES) <= needed
