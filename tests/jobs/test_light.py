"""What is asked before a run is answered without what a run needs."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "scipy", "sklearn", "polars", "matplotlib", "numba", "pyspark", "transformers")


def loaded_after(code: str) -> set[str]:
    """Which of the heavy packages, and of those that tables need, a program has imported."""
    names = (*HEAVY, "rich.table", "numpy", "pydantic", "yaml")
    program = f"{code}\nimport sys\nprint(*(name for name in {names} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.splitlines()[-1].split())


def test_the_help_imports_nothing_of_a_run() -> None:
    assert loaded_after("import jobs.cli") == set()


def test_a_check_imports_neither_torch_nor_scipy() -> None:
    code = (
        "import sys\n"
        "from jobs.cli import main\n"
        "sys.argv = ['mix', 'check', 'tiny', '-q', '--out', '/nowhere']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\nprint()"
    )
    assert not loaded_after(code) & set(HEAVY)
