"""The recipes that come with the package, and the file that a recipe's path or name means."""

from __future__ import annotations

from pathlib import Path

from curation.core.errors import BadInput, nearest

PACKAGED = Path(__file__).parent.parent


def packaged() -> list[str]:
    """The names of the recipes that come with the package."""
    return sorted(file.stem for file in PACKAGED.glob("*.yaml"))


def find(path: str | Path) -> Path:
    """The file that a recipe's path or name means.

    Raises:
        BadInput: there is none.
    """
    file = Path(path)
    if file.is_file():
        return file
    inside = packaged_file(path)
    if inside is not None:
        return inside
    raise BadInput("no such recipe", where=str(path), fix=_hint(file))


def find_base(name: str, file: Path) -> Path:
    """The file that `base: name` means in another file: one beside it, else a packaged recipe.

    Raises:
        BadInput: there is none.
    """
    beside = file.parent / name
    if beside.is_file():
        return beside
    inside = packaged_file(name)
    if inside is not None:
        return inside
    raise BadInput(f"the base `{name}` is neither a file beside this one nor a packaged recipe", fix=_hint(Path(name)))


def packaged_file(path: str | Path) -> Path | None:
    """The packaged recipe that `name`, `name.yaml` or `recipes/name.yaml` means."""
    file = Path(path)
    inside = PACKAGED / f"{file.name.removesuffix('.yaml')}.yaml"
    return inside if inside.is_file() and file.parent in (Path(), Path("recipes")) else None


def _hint(file: Path) -> str:
    near = nearest(file.stem, packaged())
    return f"did you mean `{near}`?" if near else f"packaged recipes: {', '.join(packaged())}"
