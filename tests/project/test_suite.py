"""The suite counts what really happened, and the tools it needs are found or missed loudly."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import chromium, suite
from tests.bench import __main__ as bench

pytestmark = pytest.mark.once

_PROJECT = Path(__file__).resolve().parents[2]
_NO_DJANGO = ["-p", "no:django", "-p", "no:xdist", "-p", "no:cacheprovider", "-c", os.devnull]


def _pytest(folder: Path, code: str) -> tuple[int, int, int]:
    """Run pytest on a file of its own as a stage does, and count."""
    (folder / "test_it.py").write_text(code)
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", *_NO_DJANGO, f"--junitxml={report}", str(folder / "test_it.py")]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return suite.counted(report, done.returncode)


def test_every_outcome_is_counted(tmp_path: Path) -> None:
    code = """
import pytest
def test_a(): pass
def test_b(): pass
def test_c(): assert False
def test_d(): pytest.skip()
@pytest.fixture
def broken(): raise RuntimeError
def test_e(broken): pass
"""
    assert _pytest(tmp_path, code) == (2, 2, 1)


def test_a_stage_without_tests_has_failed(tmp_path: Path) -> None:
    assert _pytest(tmp_path, "") == (0, 1, 0)


def test_a_stage_that_left_no_report_has_failed(tmp_path: Path) -> None:
    assert suite.counted(tmp_path / "missing.xml", 0) == (0, 1, 0)


def test_the_last_line_is_the_sum_alone(capsys: pytest.CaptureFixture[str]) -> None:
    results = [suite.Result("one", 3, 0, 1, 1.0), suite.Result("two", 4, 2, 0, 1.0)]
    assert suite.summarise(results, 2.0) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "7 passed, 2 failed, 1 skipped"


def test_a_failing_stage_keeps_no_other_from_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_suite: suite.Suite) -> None:
        raise SystemExit("servers: there is none")

    monkeypatch.setitem(suite.STAGES, "postgres", refuse)
    monkeypatch.setitem(suite.STAGES, "lint", lambda stages: stages.check("yes", "-c", "pass"))
    stages = suite.Suite(tmp_path, dict(os.environ))
    suite.run(stages, ["postgres", "lint"])
    assert [(result.name, result.failed) for result in stages.results] == [("postgres", 1), ("yes", 0)]


def test_a_check_that_fails_shows_its_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stages = suite.Suite(tmp_path, dict(os.environ))
    stages.check("no", "-c", "raise SystemExit('something is wrong')")
    assert "something is wrong" in capsys.readouterr().out


def test_a_stand_in_for_a_browser_is_not_taken(tmp_path: Path) -> None:
    stand_in = tmp_path / "chromium-browser"
    stand_in.write_text("#!/bin/sh\necho 'install the snap'\nexit 10\n")
    stand_in.chmod(0o755)
    assert not chromium._runs(str(stand_in))


def test_a_named_browser_that_does_not_run_ends_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    with pytest.raises(SystemExit, match="/no/such/browser"):
        chromium.provide()


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["no-such"]) == 1
    assert "no-such" in capsys.readouterr().err


def _make(tmp_path: Path, *pythons: tuple[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `make environment-run` with only these programs on the path; each says which one was used."""
    shutil.copy(_PROJECT / "Makefile", tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, script in pythons:
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    make = shutil.which("make")
    assert make
    arguments = [make, "--no-print-directory", "environment-run", "SHELL=/bin/sh", "OTHERS="]
    environment = {"PATH": str(programs)}
    return subprocess.run(arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)


def test_make_takes_the_first_python_that_runs_and_fits(tmp_path: Path) -> None:
    shim = ("python3", "echo 'no version set' >&2; exit 127")
    fitting = ("python3.13", f'case "$1" in -c) exec {sys.executable} "$@";; *) echo "3.13 runs $*";; esac')
    assert _make(tmp_path, shim, fitting).stdout == "3.13 runs .ci/environment.py run\n"


def test_make_says_so_when_no_python_fits(tmp_path: Path) -> None:
    done = _make(tmp_path, ("python3", "exit 1"))
    assert (done.returncode, "no Python 3.11, 3.12 or 3.13" in done.stderr) == (2, True)
