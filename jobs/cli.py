"""The `mix` command: verbs, flags, exit codes. What a verb does is imported when it is called.

Exit codes: 0 ok, 1 the run failed, 2 bad input or an infeasible request, 3 the environment lacks something.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from curation.core.errors import MixError

app = typer.Typer(
    name="mix",
    help="Curate, mix and train: from raw text to a language model with a mixture you can prove.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RecipeArgument = Annotated[Path, typer.Argument(help="A recipe: a YAML file, or the name of one that is packaged.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="Change a value of the recipe: a.b.c=value.")]
Out = Annotated[Path, typer.Option("--out", help="Where runs are kept.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; by default one for each core.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Instead of the recipe's seed.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors and results.")]
Until = Annotated[str | None, typer.Option("--until", help="Run only this stage and what it needs.")]


@app.command()
def run(
    recipe: RecipeArgument,
    set_: Set = None,
    out: Out = Path("runs"),
    workers: Workers = None,
    seed: Seed = None,
    until: Until = None,
    quiet: Quiet = False,
) -> None:
    """Run a recipe: every stage that is not done yet, then the report."""
    from jobs import running

    running.run_recipe(recipe, set_ or [], out, workers, seed, until, quiet=quiet)


@app.command()
def report(recipe: RecipeArgument, set_: Set = None, out: Out = Path("runs")) -> None:
    """Write the report of a recipe's run again from what is on disk."""
    from jobs import running

    typer.echo(running.write_report(recipe, set_ or [], out))


@app.command()
def verify(
    directory: Annotated[Path, typer.Argument(help="A finished output: a pool, counts, shards or a model.")],
) -> None:
    """Check an output against its manifest; shards also token by token."""
    from jobs import inspecting

    inspecting.verify(directory)


@app.command()
def generate(
    model: Annotated[Path, typer.Argument(help="A trained model's directory.")],
    prompt: Annotated[str, typer.Option("--prompt", "-p", help="Text to continue.")] = "",
    tokens: Annotated[int, typer.Option("--tokens", "-n", min=1, help="How many tokens to add at most.")] = 100,
    temperature: Annotated[float, typer.Option(min=0, help="0 takes the likeliest token.")] = 0.8,
    top_k: Annotated[int, typer.Option(min=0, help="Choose among the k likeliest; 0: among all.")] = 50,
    seed: Annotated[int, typer.Option(help="Of the random choice.")] = 0,
) -> None:
    """Continue a text with a trained model."""
    from jobs import inspecting

    inspecting.generate(model, prompt, tokens, temperature, top_k, seed)


def _add_stage_verb(verb: str, kind: str, text: str) -> None:
    """A verb that runs all stages of one kind, and what they need."""

    def command(
        recipe: RecipeArgument,
        set_: Set = None,
        out: Out = Path("runs"),
        workers: Workers = None,
        seed: Seed = None,
        quiet: Quiet = False,
    ) -> None:
        from jobs import running

        running.run_kind(kind, recipe, set_ or [], out, workers, seed, quiet=quiet)

    app.command(verb, help=text)(command)


_add_stage_verb("curate", "curate", "Run a recipe up to its pools.")
_add_stage_verb("count", "count", "Run a recipe up to its token counts.")
_add_stage_verb("swarm", "swarm", "Run a recipe up to its proxy runs.")
_add_stage_verb("optimize", "optimize", "Run a recipe up to its mixtures.")
_add_stage_verb("emit", "emit", "Run a recipe up to its shards.")
_add_stage_verb("train", "train", "Run a recipe up to its trained models.")
_add_stage_verb("eval", "eval", "Run a recipe up to its evaluations.")


def main() -> None:
    """Run the command line; errors of the project become a message and an exit code."""
    try:
        app()
    except MixError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
