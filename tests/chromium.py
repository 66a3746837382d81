"""Finds Chromium for the browser tests, or brings it: never a silent skip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--no-sandbox",  # root has none, and the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def _runs(program: str) -> bool:
    """Whether a program is a browser; a distribution's stand-in for a snap only says how to get one."""
    try:
        shown = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return shown.returncode == 0 and "chrom" in shown.stdout.lower()


def _on_this_machine() -> str | None:
    named = os.environ.get("CHROMIUM")
    if named:
        if not _runs(named):
            raise SystemExit(f"browser: CHROMIUM={named} does not run")
        return named
    found = (shutil.which(name) for name in _NAMES)
    return next((path for path in found if path and _runs(path)), None)


def _from_distribution() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run(["apt-get", *arguments], env=environment, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            return None
    return _on_this_machine()


def _playwrights_own() -> str | None:
    question = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    path = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True).stdout.strip()
    for action in (["install", "chromium"], ["install-deps", "chromium"]):
        if _runs(path):
            break
        # The libraries it needs can only be installed by root; without them it does not run, and that is told.
        if action[0] == "install" or os.geteuid() == 0:
            subprocess.run([sys.executable, "-m", "playwright", *action], check=False)
    return path if _runs(path) else None


def provide() -> str:
    """The path of a Chromium that runs, installed when need be. Raises SystemExit when none can be had."""
    for source in (_on_this_machine, _from_distribution, _playwrights_own):
        if found := source():
            return found
    raise SystemExit(
        "browser: no Chromium on the path, none from apt-get, none from Playwright; set CHROMIUM=/path/to/it"
    )


if __name__ == "__main__":
    print(provide())  # noqa: T201 - a person asked
