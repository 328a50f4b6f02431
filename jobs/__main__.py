"""`python -m jobs`: the same as `mix`.

`python -m` puts the current directory in front of all packages, where a user's folder named `trainer` or `mixing` would
be taken for ours. It is removed again here, unless it is where this package itself was found; worker processes get the
search path of this one. (A folder named `jobs` there is beyond help: Python takes it for this package. Use `mix`.)
"""

import sys
from pathlib import Path

_HOME = Path(__file__).resolve().parent.parent

# sys.flags.safe_path: python -P and PYTHONSAFEPATH do not add the directory
if not sys.flags.safe_path and sys.path and Path(sys.path[0]).resolve() != _HOME:
    del sys.path[0]

from jobs.cli import main  # noqa: E402

main()
