"""The command line in this process: what it prints and how it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output, which must be one JSON document of ours."""
        value: dict[str, Any] = json.loads(self.out)
        assert value["schema"] == 1
        return value


Mix = Callable[..., Ended]


@pytest.fixture
def mix(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Mix:
    """Run `mix` with arguments."""

    def command(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["mix", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Ended(int(ended.value.code or 0), told.out, told.err)

    return command
