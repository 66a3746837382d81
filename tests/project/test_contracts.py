"""The import contracts catch what they are meant to catch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

_PROJECT = Path(__file__).resolve().parents[2]
_LINT = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"


@pytest.mark.parametrize(
    ("path", "code", "broken"),
    [
        ("providers/helpers.py", "", "Inside providers"),
        ("marketing/utils.py", "", "Inside marketing"),
        ("marketing/work_door.py", "from providers import ledger", "Marketing sees providers through its front doors"),
        ("providers/adapters/page.py", "import marketing", "The house: imports point downwards"),
        ("providers/adapters/orm.py", "from django.db import models", "What speaks to vendors knows no Django"),
    ],
)
def test_a_module_in_the_wrong_place_breaks_the_contract(tmp_path: Path, path: str, code: str, broken: str) -> None:
    for room in ("prometheus", "marketing", "providers"):
        shutil.copytree(_PROJECT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(_PROJECT / "pyproject.toml", tmp_path)
    (tmp_path / path).write_text(f'"""Stray."""\n{code}\n')
    done = subprocess.run(
        [sys.executable, "-c", _LINT],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"{broken} BROKEN" in done.stdout
