"""From a recipe's file to a checked recipe; everything that is wrong with it is told at once, in the order of the file.

1. The file and its bases are read and merged, then changed by `--set`.
2. Steps are brought to one form, and the whole is checked: against the schema, each step against its configuration,
   and the references between stages.
3. References are checked also where other parts are wrong, on an outline of the stages: their kinds, and the texts
   under keys that stages of these kinds have.

Syntax errors and missing bases end the loading; all else is collected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from curation.core.errors import Problems
from recipes.flow import ordered
from recipes.loading.annotations import KIND, keys_at, kinds_at
from recipes.loading.inheritance import BASE, read_with_bases
from recipes.loading.overrides import apply_sets
from recipes.loading.step_entries import StepConfig, check_steps, normal_steps
from recipes.loading.tree import STAGES, Addresses, Finding, Node, Place
from recipes.loading.validation import check
from recipes.schema import Recipe


def load_recipe(path: Path, sets: Sequence[str], step_config: StepConfig) -> tuple[Recipe, Addresses]:
    """A recipe, and where each of its values was written.

    Args:
        path: its file.
        sets: changes such as `stages.counts.tokenizer.train.vocab_size=4096`.
        step_config: the configuration of a step by its name.

    Raises:
        Problems: everything that is wrong with it, each with file, line and column.
    """
    tree, problems = apply_sets(read_with_bases(path), sets)
    tree, findings = normal_steps(tree)
    addresses = Addresses(tree)
    recipe, wrong = check(Recipe, tree, (), addresses, also=(BASE,))
    findings += [*wrong, *check_steps(tree, step_config, addresses)]
    findings += _check_references(recipe or _outline(tree), addresses)
    findings.sort(key=lambda finding: _order(finding.place, str(path)))
    if problems or findings or recipe is None:
        raise Problems([*(finding.error() for finding in findings), *problems])
    return recipe, addresses


def _check_references(recipe: Recipe, addresses: Addresses) -> Iterator[Finding]:
    """What `flow.ordered` finds, where it is written."""
    try:
        ordered(recipe)
    except Problems as error:
        for problem in error.problems:
            where = problem.where or ""
            yield Finding(addresses.place(where), f"{where}: {problem.what}", problem.fix)


def _outline(tree: Node) -> Recipe:
    """As much of the stages as references need. Stages without a valid kind feed anything, to be told once only."""
    stages = tree.entries[STAGES].entries if STAGES in tree.entries else {}
    kinds = {name: _kind(tree, name, stage) for name, stage in stages.items()}
    outlines = {}
    for name, stage in stages.items():
        keys = set(keys_at(Recipe, tree, (STAGES, name))) - {KIND} if kinds[name] else set()
        texts = {key: node.value for key, node in stage.entries.items() if key in keys and isinstance(node.value, str)}
        inputs = {key: text for key, text in texts.items() if kinds.get(text, "") is not None}
        outlines[name] = SimpleNamespace(kind=kinds[name], **inputs)
    return cast(Recipe, SimpleNamespace(stages=outlines))


def _kind(tree: Node, name: str, stage: Node) -> str | None:
    kind = stage.entries.get(KIND)
    valid = kind is not None and kind.value in kinds_at(Recipe, tree, (STAGES, name))
    return str(kind.value) if valid and kind is not None else None


def _order(place: Place, main: str) -> tuple[bool, bool, str, int, int]:
    """The recipe's own file, its bases, then changes in their order."""
    if not place.line:
        return (True, True, "", 0, 0)
    return (place.file != main, False, place.file, place.line, place.column)
