"""`python -m jobs`: the same as `mix`."""

from jobs.cli import main

main()
