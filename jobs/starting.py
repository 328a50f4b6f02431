"""`mix init` and `mix recipes`: where a user begins.

The recipe that `mix init` writes is the packaged quickstart with a name of its own and a comment in front of every kind
of stage, so that it is always one that runs.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from curation.core.errors import BadInput
from jobs.output import Column, Row, print_document, print_table
from recipes.loading.packaged import packaged, packaged_file
from recipes.schema import CurateStage

RECIPE_FILE = "recipe.yaml"
_MODEL = "quickstart"
_FALLBACK_NAME = "my-recipe"

_HEADER = """\
# Raw text to a trained model, in stages. Each stage names the stages that it reads; `mix run` runs what is not done.
#
#   mix check {file}                  what it will read, take and train
#   mix run {file} --until shards     up to a stage; without --until everything, then a report
#   mix run {file} --set stages.mixture.tokens=2M
#
# It runs as it stands, on text that every installation carries. Put your own sources in their place.
"""

_COMMENTS = {
    "curate": "Documents in, a pool out: every source has a domain, which is what the mixture weighs; steps run in "
    "order. Rejected documents are kept, with the rule, the value and the threshold.",
    "count": "A tokenizer learned from the pool, and the tokens of every domain.",
    "swarm": "Small models on different mixtures: `per_domain` runs for each domain tell what each domain does to each "
    "score.",
    "optimize": "The best mixture by those runs for a budget of `tokens`, none seen more than `max_repetition` times; "
    "and the natural mixture to compare with.",
    "emit": "Exactly that many tokens, shuffled, with an index of where each comes from.",
    "train": "A model on those shards: `depth: 4` is tiny, `size: 30M` to `size: 32B` are rows of the Olmo 3 ladder.",
    "eval": "Bits per byte on the documents that were held out of the pool.",
}
_OWN_FILES = (
    "# your own files, in this form; paths begin where mix is run:",
    '# - {name: books, paths: ["data/books/*.jsonl.zst"], domain: books/fiction}',
)
_WIDTH = 118

_NAME_LINE = re.compile(r"^name: .*$", re.MULTILINE)
_STAGE_LINE = re.compile(r"^  (\w+):\s*(\{.*)?$")
_KIND = re.compile(r"\bkind: (\w+)")


def init(directory: Path, *, as_json: bool) -> None:
    """Write a recipe into a directory, which is made if need be, and say what comes next.

    Raises:
        BadInput: there is a file of that name already.
    """
    file = directory / RECIPE_FILE
    text = starting_recipe(_name_for(directory))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        taken = file if file.exists() else directory
        fix = "choose another directory: mix init DIR" if taken == file else "choose the name of a directory"
        raise BadInput("there is a file already, and it is not overwritten", where=str(taken), fix=fix) from None
    if as_json:
        print_document("init", path=file)
    else:
        print(f"wrote {file}\nnext: mix check {file}")


def list_recipes(*, as_json: bool) -> None:
    """Print the packaged recipes, each with what its file says first."""
    found = [(name, _first_sentence(_text_of(name))) for name in packaged()]
    if as_json:
        print_document("recipes", recipes=[{"name": name, "about": about} for name, about in found])
    else:
        print_table((Column(""), Column("", may_wrap=True)), [Row(pair) for pair in found], titled=False)


def starting_recipe(name: str) -> str:
    """The text of a recipe to start from, under a name."""
    lines = _NAME_LINE.sub(f"name: {name}", _text_of(_MODEL)).splitlines()
    body = lines[next(i for i, line in enumerate(lines) if not line.startswith("#")) :]
    told: set[str] = set()
    written = [_HEADER.format(file=RECIPE_FILE).rstrip("\n")]
    for number, line in enumerate(body):
        kind = _kind_of_stage(body, number)
        if kind is not None and kind not in told:
            told.add(kind)
            written += [*([] if len(told) == 1 else [""]), *_comment(_COMMENTS.get(kind, ""))]
        written.append(line)
        if line.strip() == "sources:" and _takes_paths():
            written += [f"      {line}" for line in _OWN_FILES]
    return "\n".join(written) + "\n"


def _takes_paths() -> bool:
    """Whether a source of a curate stage can be files."""
    source = get_args(CurateStage.model_fields["sources"].annotation)[0]
    return "paths" in source.model_fields


def _kind_of_stage(lines: list[str], number: int) -> str | None:
    """The kind of the stage that begins in a line, if one does."""
    stage = _STAGE_LINE.match(lines[number])
    if stage is None:
        return None
    for line in lines[number : number + 2]:
        if kind := _KIND.search(line):
            return kind[1]
    return None


def _comment(text: str) -> list[str]:
    """A text as comment lines in front of a stage."""
    import textwrap

    return textwrap.wrap(text, _WIDTH, initial_indent="  # ", subsequent_indent="  # ")


def _name_for(directory: Path) -> str:
    """A recipe's name from that of its directory."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", directory.resolve().name).strip("-._")
    return name or _FALLBACK_NAME


def _text_of(name: str) -> str:
    file = packaged_file(name)
    if file is None:
        raise BadInput(f"the package has no recipe `{name}`", fix="install mixwright again")
    return file.read_text(encoding="utf-8")


def _first_sentence(text: str) -> str:
    """The first sentence of the comment that a recipe begins with."""
    comment = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        comment.append(line.lstrip("# ").strip())
    whole = " ".join(comment)
    return re.split(r"(?<=\.)\s", whole, maxsplit=1)[0]
