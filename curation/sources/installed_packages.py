"""Reader `installed-packages`: real text without a download.

Every Python installation carries text: the standard library, the headers of the interpreter, and what mixwright's own
dependencies bring along. The reader turns it into documents of five domains:

    code/python     Python sources
    code/cpp        C and C++ headers
    docs/reference  docstrings of modules, classes and functions, one document a module (by ast)
    docs/prose      package descriptions, Markdown, reStructuredText and text files, the interpreter's help topics
    legal           licence and notice files

Files are taken in the order of the hash of their path until the source's `limit` is reached, so that the same installed
files give the same pool, and a smaller limit gives a subset of a larger one. Only a fixed list of packages is read (not
what else happens to be installed), and no tests.
"""

from __future__ import annotations

import ast
import functools
import re
import sysconfig
import warnings
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath

from curation.core.errors import BadInput
from curation.core.hashing import hash64

PACKAGES = (
    "click", "contourpy", "cycler", "fonttools", "fsspec", "jinja2", "joblib", "kiwisolver", "llvmlite",
    "markdown-it-py", "markupsafe", "matplotlib", "mdurl", "numba", "numpy", "packaging", "pillow", "pip", "polars",
    "pyarrow", "pydantic", "pydantic-core", "pygments", "pyparsing", "python-dateutil", "pyyaml", "rich",
    "scikit-learn", "scipy", "setuptools", "shellingham", "six", "threadpoolctl", "tokenizers", "typer",
    "typing-extensions", "xxhash", "zstandard",
)  # fmt: skip
DOMAINS = ("code/python", "code/cpp", "docs/reference", "docs/prose", "legal")

_SKIPPED = {"tests", "test", "testing", "idle_test", "__pycache__", "node_modules", "lib2to3"}
_LEGAL = re.compile(r"(^|[-_.])(licen[cs]es?|copying|notice|copyright)([-_.]|$)", re.IGNORECASE)
_PROSE = {".md", ".rst", ".txt"}
_HEADERS = {".h", ".hpp", ".hh", ".hxx", ".cuh"}
_DATA_NAMES = {"record.txt", "top_level.txt", "entry_points.txt", "requirements.txt", "sources.txt", "cmakelists.txt"}


@functools.cache
def installed_files() -> tuple[tuple[str, Path], ...]:
    """All files that the reader may use, as (location, path).

    A location starts with the package's name, or `python` for the standard library: no path of this machine.
    """
    standard = Path(sysconfig.get_path("stdlib"))
    found = [("python/" + p.relative_to(standard).as_posix(), p) for p in _walk(standard, {"site-packages"})]
    headers = Path(sysconfig.get_path("include"))
    found += [("python-include/" + p.relative_to(headers).as_posix(), p) for p in _walk(headers, set())]
    for package in PACKAGES:
        try:
            files = metadata.files(package) or []
        except metadata.PackageNotFoundError:
            continue
        for file in files:
            if not _SKIPPED.intersection(part.lower() for part in file.parts) and ".." not in file.parts:
                # the folder of a package's metadata carries its version: leave it out of the location
                name = re.sub(r"^[^/]+\.dist-info/", "dist-info/", PurePosixPath(file).as_posix())
                path = Path(str(file.locate()))
                if path.is_file():  # slim images delete files and leave them in the package's record
                    found.append((f"{package}/{name}", path))
    return tuple(found)


def domain_files(domain: str) -> list[tuple[str, Path]]:
    """The files that documents of a domain come from, in the order of the hash of their location.

    Raises:
        BadInput: the reader has no such domain.
    """
    if domain not in DOMAINS:
        raise BadInput(
            f"reader installed-packages has no domain {domain!r}", fix=f"use one of {', '.join(DOMAINS)} as the domain"
        )
    belongs = _BELONGS[domain]
    chosen = [(location, path) for location, path in installed_files() if belongs(PurePosixPath(location))]
    return sorted(chosen, key=lambda item: (hash64(item[0].encode()), item[0]))


def extract(domain: str, location: str, raw: bytes) -> Iterator[str]:
    """The documents of one file, as text; bytes that are no UTF-8 become U+FFFD."""
    text = raw.decode("utf-8", errors="replace").lstrip("\ufeff")
    if domain == "docs/reference":
        text = docstrings(text)
    elif location.endswith("dist-info/METADATA"):
        text = "".join(re.split("\r?\n\r?\n", text, maxsplit=1)[1:])
    elif location == "python/pydoc_data/topics.py":
        yield from help_topics(text)
        return
    if text.strip():
        yield text


def docstrings(source: str) -> str:
    """The docstrings of a module under the signatures that they describe; empty if the source does not parse."""
    try:
        tree = _parsed(source)
        entries = [(0, "", ast.get_docstring(tree))]
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                entries.append((node.lineno, f"class {node.name}", ast.get_docstring(node)))
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                entries.append((node.lineno, f"{node.name}({ast.unparse(node.args)})", ast.get_docstring(node)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: nested too deeply
        return ""
    entries.sort(key=lambda entry: entry[0])
    return _valid("\n\n".join(f"{title}\n\n{body}" if title else body for _, title, body in entries if body))


def help_topics(source: str) -> Iterator[str]:
    """The chapters of the language reference that `help()` shows: the values of the dictionary in pydoc_data.topics."""
    for node in ast.walk(_parsed(source)):
        if isinstance(node, ast.Dict):
            for value in node.values:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield _valid(value.value)


def _parsed(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # escape sequences that later Pythons refuse are not this reader's matter
        return ast.parse(source)


def _valid(text: str) -> str:
    """Lone surrogates, which an escape sequence can write into a string, as U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _walk(root: Path, skipped: set[str]) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if not (_SKIPPED | skipped).intersection(part.lower() for part in parts) and path.is_file():
            yield path


def _is_legal(location: PurePosixPath) -> bool:
    return bool(_LEGAL.search(location.name)) and location.suffix not in {".py", ".pyc", ".pyi", *_HEADERS}


def _is_prose(location: PurePosixPath) -> bool:
    if location.as_posix() == "python/pydoc_data/topics.py" or location.as_posix().endswith("dist-info/METADATA"):
        return True
    named = location.suffix.lower() in _PROSE and location.name.lower() not in _DATA_NAMES
    return named and not _is_legal(location) and "data" not in location.parts[:-1]


def _is_python(location: PurePosixPath) -> bool:
    return location.suffix == ".py" and location.as_posix() != "python/pydoc_data/topics.py"


_BELONGS: dict[str, Callable[[PurePosixPath], bool]] = {
    "code/python": _is_python,
    "code/cpp": lambda location: location.suffix in _HEADERS,
    "docs/reference": _is_python,
    "docs/prose": _is_prose,
    "legal": _is_legal,
}
