"""`make test`: every check in stages, each to its end, with one summary. `--only lint,sqlite` picks stages."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import chromium, folders, servers

PROJECT = Path(__file__).resolve().parent.parent
GROUPS = ("lint", "types", "sqlite", "postgres", "browser")
# Some tests take a minute: whoever is done takes over from the other.
_SIDE_BY_SIDE = ("-n", str(max(2, min(os.cpu_count() or 2, 8))), "--dist", "worksteal", "--durations=25")
_LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"


@dataclass(frozen=True, slots=True)
class Result:
    """How one stage ended. A stage without tests of its own counts as one."""

    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float


@dataclass(slots=True)
class Suite:
    """The results so far, and the folder and environment that the stages share."""

    folder: Path
    environment: dict[str, str]
    results: list[Result] = field(default_factory=list)

    def note(self, name: str, counts: tuple[int, int, int], since: float) -> None:
        """Remember a stage's result and show its line."""
        result = Result(name, *counts, time.monotonic() - since)
        self.results.append(result)
        say(line(result))

    def check(self, name: str, *arguments: str, program: str = sys.executable) -> None:
        """Run one check that either holds or does not; its words are shown only when it does not."""
        began = time.monotonic()
        command = [program, *arguments]
        done = subprocess.run(
            command, cwd=PROJECT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if done.returncode != 0:
            say(f"--- {name}: {' '.join(arguments[:6])}\n{done.stdout.decode(errors='replace').rstrip()}")
        self.note(name, (1, 0, 0) if done.returncode == 0 else (0, 1, 0), began)

    def pytest(self, name: str, *arguments: str, **environment: str) -> None:
        """Run one pytest stage under coverage and count its tests."""
        began = time.monotonic()
        say(f"--- {name}")
        report = self.folder / f"{name.replace(' ', '-')}.xml"
        command = [sys.executable, "-m", "coverage", "run", "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
        done = subprocess.run(command, cwd=PROJECT, env={**self.environment, **environment}, check=False)
        self.note(name, counted(report, done.returncode), began)


def say(text: str) -> None:
    """Show a line at once."""
    print(text, flush=True)  # noqa: T201 - the suite talks to a person


def line(result: Result) -> str:
    """One result as a person reads it."""
    word = "FAILED" if result.failed else "ok"
    tests = f"{result.passed} passed, {result.failed} failed, {result.skipped} skipped"
    return f"{word:6} {result.name:28} {result.seconds:7.1f} s   {tests}"


def counted(report: Path, status: int) -> tuple[int, int, int]:
    """Passed, failed and skipped tests of a pytest run.

    A run without a report, or one that failed without a failing test (no tests, a crash), counts as one failure.
    """
    if not report.exists():
        return (0, 1, 0)
    suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314 - our own pytest wrote it
    total = failed = skipped = 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    passed = max(0, total - failed - skipped)
    return (passed, failed or int(status != 0), skipped)


def templates() -> list[str]:
    """Every template of the project."""
    return [str(path) for top in ("templates", "marketing", "providers") for path in (PROJECT / top).rglob("*.html")]


def lint(suite: Suite) -> None:
    """Style of Python and of templates."""
    suite.check("ruff", "-m", "ruff", "check", ".")
    suite.check("ruff format", "-m", "ruff", "format", "--check", ".")
    if found := templates():
        suite.check("djlint", "-m", "djlint", "--lint", "--quiet", *found)
        # A program without a module to run.
        suite.check("djade", "--check", *found, program=str(Path(sys.executable).with_name("djade")))


def types(suite: Suite) -> None:
    """Types, import contracts, migrations and translations."""
    scripts = sorted(str(path) for path in (PROJECT / ".ci").glob("*.py"))
    suite.check("mypy", "-m", "mypy", ".", *scripts)
    suite.check("import contracts", "-c", _LINT_IMPORTS)
    suite.check("migrations", "manage.py", "makemigrations", "--check", "--dry-run")
    suite.check("messages", "manage.py", "messages", "check")


def sqlite(suite: Suite) -> None:
    """Every test without a browser on SQLite."""
    suite.pytest("tests on SQLite", *_SIDE_BY_SIDE, "-m", "not browser")


def postgres(suite: Suite) -> None:
    """The same tests on PostgreSQL and Redis, but for those that know no database."""
    with servers.postgresql() as database, servers.redis() as cache:
        arguments = (*_SIDE_BY_SIDE, "-m", "not browser and not once")
        suite.pytest("tests on PostgreSQL and Redis", *arguments, DATABASE_URL=database, REDIS_URL=cache)


def browser(suite: Suite) -> None:
    """The pages in Chromium."""
    found = suite.environment.get("CHROMIUM") or chromium.provide()
    suite.pytest("tests in the browser", *_SIDE_BY_SIDE, "-m", "browser", CHROMIUM=found)


STAGES: dict[str, Callable[[Suite], None]] = {
    "lint": lint,
    "types": types,
    "sqlite": sqlite,
    "postgres": postgres,
    "browser": browser,
}


def coverage(suite: Suite) -> None:
    """Add up what all processes measured; the floor is in pyproject.toml."""
    began = time.monotonic()
    report = [sys.executable, "-m", "coverage"]
    subprocess.run([*report, "combine", "-q"], cwd=PROJECT, env=suite.environment, check=False)
    shown = subprocess.run([*report, "report", "--skip-covered"], cwd=PROJECT, env=suite.environment, check=False)
    suite.note("coverage", (1, 0, 0) if shown.returncode == 0 else (0, 1, 0), began)


def set_up(suite: Suite, groups: Sequence[str]) -> None:
    """Bring the browser before anything takes long; where that fails, the browser's stage will say so and fail."""
    if "browser" not in groups:
        return
    try:
        suite.environment["CHROMIUM"] = chromium.provide()
    except SystemExit as stopped:
        say(str(stopped))


def run(suite: Suite, groups: Sequence[str]) -> None:
    """Run the stages; one that cannot even start is a failure, and the next one still runs."""
    set_up(suite, groups)
    for group in groups:
        began = time.monotonic()
        try:
            STAGES[group](suite)
        except SystemExit as stopped:
            if isinstance(stopped.code, int):
                raise
            say(str(stopped))
            suite.note(group, (0, 1, 0), began)
    # Fewer stages measure less than the floor is meant for.
    if set(groups) == set(GROUPS):
        coverage(suite)


def summarise(results: Sequence[Result], seconds: float) -> int:
    """Show all stages and, alone on the last line, the sum; returns the exit status."""
    say(f"\nSummary after {seconds:.0f} s")
    for result in results:
        say(line(result))
    passed, failed, skipped = (sum(getattr(r, name) for r in results) for name in ("passed", "failed", "skipped"))
    say(f"{passed} passed, {failed} failed, {skipped} skipped")
    return int(failed > 0)


@contextmanager
def prepared() -> Iterator[Suite]:
    """A suite with a folder of its own, in which settings, coverage and reports leave what they write."""
    folder = folders.make("suite")
    own = {"DATA_DIR": str(folder / "data"), "COVERAGE_FILE": str(folder / ".coverage")}
    outside = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield Suite(folder, {**outside, **own})


def main(arguments: Sequence[str]) -> int:
    """Run the chosen stages; returns 0 when everything passed."""
    parser = argparse.ArgumentParser(prog="tests.suite", description=__doc__)
    parser.add_argument("--only", default=",".join(GROUPS), help="stages, separated by commas")
    groups = parser.parse_args(arguments).only.split(",")
    if unknown := set(groups) - set(GROUPS):
        parser.error(f"no such stage: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    servers.end_on_sigterm()
    began = time.monotonic()
    with prepared() as suite:
        run(suite, groups)
        return summarise(suite.results, time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
