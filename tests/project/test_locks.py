"""The lock files pin everything by hash and name no host."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

_PROJECT = Path(__file__).resolve().parents[2]
_LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-model.lock")


def _blocks(lock: str) -> list[str]:
    return re.split(r"\n(?=\S)", (_PROJECT / lock).read_text().strip())


def _names(lock: str) -> set[str]:
    return {block.split("==")[0] for block in _blocks(lock)}


def _asked(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=;~! ]", line)[0].lower() for line in requirements}


@pytest.mark.parametrize("lock", _LOCKS)
def test_every_requirement_is_pinned_with_hashes(lock: str) -> None:
    pinned = re.compile(r"[a-z0-9-]+==\S+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+")
    assert [block for block in _blocks(lock) if not pinned.fullmatch(block)] == []


@pytest.mark.parametrize("lock", _LOCKS)
def test_no_address_is_named(lock: str) -> None:
    assert not re.search(r"://|index-url|find-links|@ ", (_PROJECT / lock).read_text())


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((_PROJECT / "pyproject.toml").read_text())
    assert _asked(project["project"]["dependencies"]) <= _names("requirements.lock")
    assert _asked(project["dependency-groups"]["dev"]) <= _names("requirements-dev.lock")


def test_the_development_lock_pins_the_product_alike() -> None:
    assert set(_blocks("requirements.lock")) <= set(_blocks("requirements-dev.lock"))
