"""The steps of curate stages: `- name: {parameters}`, `- name:` or `- name`.

The schema leaves them open, because what a step takes is known where it is implemented. Here every entry is brought to
the form `{name: {parameters}}`, and its parameters are checked against the step's own configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pydantic import BaseModel

from curation.core.errors import BadInput
from recipes.loading.annotations import KIND
from recipes.loading.tree import STAGES, STEPS, Addresses, Finding, KeyPath, Node, item_name
from recipes.loading.validation import check

StepConfig = Callable[[str], type[BaseModel]]
"""The configuration of a step by its name; raises BadInput with a hint for a name that is none."""

_CURATE = "curate"


def normal_steps(tree: Node) -> tuple[Node, list[Finding]]:
    """The tree with all steps in one form; and the entries that have none, which are empty in it."""
    findings: list[Finding] = []
    stages = tree.entries.get(STAGES)
    if stages is None or not stages.entries:
        return tree, findings
    changed = dict(stages.entries)
    for path, steps in _step_lists(tree):
        stage = str(path[1])
        items = [_normal(item, f"{STAGES}.{stage}.{STEPS}.{index}", findings) for index, item in enumerate(steps.items)]
        entries = changed[stage].entries | {STEPS: Node(items, steps.place, steps.key_place)}
        changed[stage] = Node(entries, changed[stage].place, changed[stage].key_place)
    return Node(tree.entries | {STAGES: Node(changed, stages.place, stages.key_place)}, tree.place), findings


def check_steps(tree: Node, step_config: StepConfig, addresses: Addresses) -> Iterator[Finding]:
    """What is wrong with the steps of a tree that `normal_steps` made."""
    for path, steps in _step_lists(tree):
        seen: dict[str, Node] = {}
        for index, item in enumerate(steps.items):
            for name, parameters in item.entries.items():
                yield from _check_step(name, parameters, (*path, index, name), step_config, addresses)
            label = item_name(item, is_step=True)
            if label in seen:
                what = f"{addresses.of(path)}: a second step is called `{label}`; the first is in "
                what += f"line {seen[label].place.line}"
                yield Finding(item.place, what, f"give it a name of its own: `name: {label}_2`")
            elif label is not None:
                seen[label] = item


def _check_step(
    name: str, parameters: Node, path: KeyPath, step_config: StepConfig, addresses: Addresses
) -> Iterator[Finding]:
    try:
        model = step_config(name)
    except BadInput as error:
        yield Finding(parameters.head, f"{addresses.of(path[:-2])}: {error.what}", error.fix)
        return
    yield from check(model, parameters, path, addresses)[1]


def _step_lists(tree: Node) -> Iterator[tuple[KeyPath, Node]]:
    stages = tree.entries.get(STAGES)
    for name, stage in stages.entries.items() if stages is not None else ():
        kind, steps = stage.entries.get(KIND), stage.entries.get(STEPS)
        if kind is not None and kind.value == _CURATE and steps is not None and isinstance(steps.value, list):
            yield (STAGES, name, STEPS), steps


def _normal(item: Node, address: str, findings: list[Finding]) -> Node:
    if isinstance(item.value, str) and item.value:
        return Node({item.value: Node({}, item.place, item.place)}, item.place)
    if len(item.entries) == 1:
        name, parameters = next(iter(item.entries.items()))
        if parameters.value is None:
            parameters = Node({}, parameters.place, parameters.key_place)
        return Node({name: parameters}, item.place)
    if item.entries:
        what = f"a step is one name with its parameters, this has {', '.join(f'`{key}`' for key in item.entries)}"
        fix = "indent the parameters below the step's name, and begin each step with `- `"
    else:
        what, fix = "this is no step", "write `- name: {parameters}`"
    findings.append(Finding(item.place, f"{address}: {what}", fix))
    return Node({}, item.place)
