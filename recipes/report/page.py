"""The report: one HTML file about a run, with nothing outside of it.

1. Look at what is on disk: finished stages, their manifests, the event log.
2. Every section looks for what it tells about, and makes blocks (text, tables, figures); one that finds nothing is left
   out, one whose files are damaged says so in its place.
3. One template draws all blocks. Names and texts are escaped by it.

The page has no script and asks no network. Equal runs give equal bytes but for the times they tell.
Cost: about a second, most of it in matplotlib.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from curation.core.errors import MixError
from curation.core.storage import Directory
from recipes.report.blocks import Paragraph, Section
from recipes.report.extrapolation import sample_line
from recipes.report.on_disk import RunOnDisk
from recipes.report.sections import (
    comparison,
    curation,
    decontamination,
    dedup,
    mixture,
    quality,
    recipe_text,
    shards,
    stages,
    summary,
    swarm,
    tokens,
    training,
    upsampling,
)
from recipes.run_directory import RunDirectory
from recipes.schema import Recipe

SECTIONS: tuple[tuple[str, Callable[[RunOnDisk], Section | None]], ...] = (
    ("Summary", summary.section),
    ("Result", comparison.section),
    ("Curation", curation.section),
    ("Near-duplicates", dedup.section),
    ("Decontamination", decontamination.section),
    ("Quality", quality.section),
    ("Tokens", tokens.section),
    ("Swarm", swarm.section),
    ("Mixture", mixture.section),
    ("Upsampling", upsampling.section),
    ("Shards", shards.section),
    ("Training", training.section),
    ("Stages", stages.section),
    ("Recipe", recipe_text.section),
)


def write_page(recipe: Recipe, directory: RunDirectory) -> Path:
    """Write the report of what is on disk; returns its path.

    Args:
        recipe: the recipe that was run.
        directory: its run directory; stages that are not done are left out of the page.
    """
    html = page(RunOnDisk(recipe, directory))
    Directory(directory.path).write_bytes(directory.report_file.name, html.encode("utf-8", "replace"))
    return directory.report_file


def page(run: RunOnDisk) -> str:
    """The page as text."""
    sections = [made for title, make in SECTIONS if (made := _made(title, make, run)) is not None]
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        recipe=run.recipe,
        sample_line=sample_line(run),
        sections=sections,
        n_stages=len(run.recipe.stages),
        n_done=len(run.finished),
    )


def _made(title: str, make: Callable[[RunOnDisk], Section | None], run: RunOnDisk) -> Section | None:
    try:
        return make(run)
    except (MixError, OSError, KeyError, ValueError) as error:
        text = f"This section could not be made from what is on disk: {type(error).__name__}: {error}"
        return Section(title.lower(), title, (Paragraph(text, "warning"),))
