"""The `mix` command: verbs, flags, exit codes. What a verb does is imported when it is called.

Exit codes: 0 ok, 1 the run failed, 2 bad input or an infeasible request, 3 the environment lacks something. With
`--json` standard output is one JSON document, whether the verb succeeded or not.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from curation.core.errors import MixError, Problems

if TYPE_CHECKING:
    from jobs.request import Request

app = typer.Typer(
    name="mix",
    help="Curate, mix and train: from raw text to a language model with a mixture you can prove.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RUNS = Path("runs")
JSON_FLAG = "--json"

RecipeArgument = Annotated[Path, typer.Argument(help="A recipe: a YAML file, or the name of one that is packaged.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="Change a value of the recipe: a.b.c=value.")]
Out = Annotated[Path, typer.Option("--out", help="Where runs are kept.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; by default one for each core.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Instead of the recipe's seed.")]
Sample = Annotated[
    str | None, typer.Option("--sample", metavar="SHARE", help="A run of its own on a share of every source: 0.1%.")
]
Until = Annotated[str | None, typer.Option("--until", help="Only this stage and what it needs.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan, as `mix check` does, and run nothing.")]
Json = Annotated[bool, typer.Option(JSON_FLAG, help="Print one JSON document instead, for errors too.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors and results.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="With a plan: the steps of curate stages too.")]


@app.command()
def run(
    recipe: RecipeArgument,
    set_: Set = None,
    out: Out = RUNS,
    workers: Workers = None,
    seed: Seed = None,
    sample: Sample = None,
    until: Until = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run a recipe: every stage that is not done yet, then the report."""
    from jobs import running

    running.run_recipe(_request(recipe, set_, out, workers, seed, dry_run, as_json, quiet, verbose, sample), until)


@app.command()
def check(
    recipe: RecipeArgument,
    set_: Set = None,
    out: Out = RUNS,
    workers: Workers = None,
    seed: Seed = None,
    sample: Sample = None,
    until: Until = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Show what a recipe will take; refuse what cannot be."""
    from jobs import checking

    checking.show(_request(recipe, set_, out, workers, seed, True, as_json, quiet, verbose, sample), until=until)


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="Where the recipe goes.")] = Path(),
    as_json: Json = False,
) -> None:
    """Write a commented recipe to start from."""
    from jobs import starting

    starting.init(directory, as_json=as_json)


@app.command()
def recipes(as_json: Json = False) -> None:
    """List the recipes that come with the package."""
    from jobs import starting

    starting.list_recipes(as_json=as_json)


@app.command()
def report(
    recipe: RecipeArgument, set_: Set = None, out: Out = RUNS, sample: Sample = None, as_json: Json = False
) -> None:
    """Write the report of a recipe's run again from what is on disk."""
    from jobs import running

    running.report(_request(recipe, set_, out, as_json=as_json, sample=sample))


@app.command()
def verify(
    directory: Annotated[Path, typer.Argument(help="A finished output: a pool, counts, shards or a model.")],
    as_json: Json = False,
) -> None:
    """Check an output against its manifest; shards also token by token."""
    from jobs import inspecting

    inspecting.verify(directory, as_json=as_json)


@app.command()
def generate(
    model: Annotated[Path, typer.Argument(help="A trained model's directory.")],
    prompt: Annotated[str, typer.Option("--prompt", "-p", help="Text to continue.")] = "",
    tokens: Annotated[int, typer.Option("--tokens", "-n", min=1, help="How many tokens to add at most.")] = 100,
    temperature: Annotated[float, typer.Option(min=0, help="0 takes the likeliest token.")] = 0.8,
    top_k: Annotated[int, typer.Option(min=0, help="Choose among the k likeliest; 0: among all.")] = 50,
    seed: Annotated[int, typer.Option(help="Of the random choice.")] = 0,
    as_json: Json = False,
) -> None:
    """Continue a text with a trained model."""
    from jobs import inspecting

    inspecting.generate(model, prompt, tokens, temperature, top_k, seed, as_json=as_json)


@app.command()
def why(
    name: Annotated[str, typer.Argument(metavar="ID", help="A document's id, or its id in your own files.")],
    run_: Annotated[Path | None, typer.Option("--in", help="The run; by default all runs under --out.")] = None,
    out: Out = RUNS,
    as_json: Json = False,
) -> None:
    """Tell what became of a document, by which rule, and where it was emitted."""
    from jobs import lineage

    lineage.why(name, run_, out, as_json=as_json)


@app.command()
def whence(
    address: Annotated[str, typer.Argument(help="DIRECTORY/tokens/part-00003.npy:12345")],
    as_json: Json = False,
) -> None:
    """Tell which document a token of a shard comes from."""
    from jobs import lineage

    lineage.whence(address, as_json=as_json)


@app.command()
def doctor(out: Out = RUNS, as_json: Json = False) -> None:
    """Look at the environment; say what to mend."""
    from jobs import doctor as examination

    examination.doctor(out, as_json=as_json)


def _add_stage_verb(verb: str, kind: str, text: str) -> None:
    """A verb that runs all stages of one kind, and what they need."""

    def command(
        recipe: RecipeArgument,
        set_: Set = None,
        out: Out = RUNS,
        workers: Workers = None,
        seed: Seed = None,
        sample: Sample = None,
        dry_run: DryRun = False,
        as_json: Json = False,
        quiet: Quiet = False,
        verbose: Verbose = False,
    ) -> None:
        from jobs import running

        running.run_kind(_request(recipe, set_, out, workers, seed, dry_run, as_json, quiet, verbose, sample), kind)

    app.command(verb, help=text)(command)


_add_stage_verb("curate", "curate", "Run a recipe up to its pools.")
_add_stage_verb("count", "count", "Run a recipe up to its token counts.")
_add_stage_verb("swarm", "swarm", "Run a recipe up to its proxy runs.")
_add_stage_verb("optimize", "optimize", "Run a recipe up to its mixtures.")
_add_stage_verb("emit", "emit", "Run a recipe up to its shards.")
_add_stage_verb("train", "train", "Run a recipe up to its trained models.")
_add_stage_verb("eval", "eval", "Run a recipe up to its evaluations.")


def _request(
    recipe: Path,
    sets: list[str] | None,
    out: Path,
    workers: int | None = None,
    seed: int | None = None,
    dry_run: bool = False,
    as_json: bool = False,
    quiet: bool = False,
    verbose: bool = False,
    sample: str | None = None,
) -> Request:
    from jobs.request import Request

    return Request(recipe, tuple(sets or ()), out, workers, seed, dry_run, as_json, quiet, verbose, sample)


def main() -> None:
    """Run the command line; errors of the project become a message and an exit code."""
    try:
        _run()
    except KeyboardInterrupt:
        _stopped()
    except SystemExit as ended:
        if _is_interrupt(ended):  # typer has an end of its own for Ctrl-C, which says nothing
            _stopped()
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _run() -> None:
    try:
        app()
    except MixError as error:
        _tell(error)
        sys.exit(error.exit_code)
    except OSError as error:
        from curation.core.storage import NO_ROOM, no_room

        if error.errno not in NO_ROOM:
            raise
        # not from a file of an output, which says it itself: the events, a link, a cache
        failure = no_room(error, str(error.filename) if error.filename else "the directory of the runs")
        _tell(failure)
        sys.exit(failure.exit_code)


def _stopped() -> NoReturn:
    print("stopped; the same command goes on from here", file=sys.stderr)
    sys.exit(130)


def _is_interrupt(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _tell(error: MixError) -> None:
    # what fails may fail before the flag reaches its verb, so the arguments themselves are asked
    if JSON_FLAG in sys.argv[1:]:
        from jobs.output import error_document, print_document

        print_document("error", **error_document(error))
        return
    for problem in error.problems if isinstance(error, Problems) else [error]:
        print(f"error: {problem}", file=sys.stderr)
