"""What every test stands on: closed sockets, plain static files, a clean cache and the rules for `../shared`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from pytest_django import DjangoDbBlocker

from prometheus.translations import compile_catalogs
from tests.providers.replay.table import print_replayed

PROJECT = Path(__file__).resolve().parent.parent
SHARED = PROJECT.parent / "shared"
# What these folders test knows no database.
_ONCE = (
    PROJECT / "tests" / "content",
    PROJECT / "tests" / "providers" / "adapters",
    PROJECT / "tests" / "providers" / "replay",
    PROJECT / "tests" / "safety",
)
_WITHOUT_SHARED = "needs ../shared, which is not there"


def pytest_configure(config: pytest.Config) -> None:
    """Exchange what is slow or needs a build step in tests; running products in browser tests keep the real ones."""
    # A bare clone has only the translations' source.
    compile_catalogs(PROJECT)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what need not be repeated on PostgreSQL."""
    for item in items:
        if any(folder in item.path.parents for folder in _ONCE):
            item.add_marker(pytest.mark.once)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs `../shared` where it is missing; in CI its absence is a failure."""
    if item.get_closest_marker("shared") is None or SHARED.is_dir():
        return
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{_WITHOUT_SHARED}, and CI=true", pytrace=False)
    pytest.skip(_WITHOUT_SHARED)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the recorded exchanges became, and say how many tests were left out for want of `../shared`."""
    print_replayed(terminalreporter)
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(_WITHOUT_SHARED in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.write_line(f"{count} tests skipped: {_WITHOUT_SHARED}", yellow=True)


@pytest.fixture
def shared_folder() -> Path:
    """The folder of shared recordings and data sets; ask for it in tests marked `shared` only."""
    return SHARED


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """At the end, close what other threads left open: PostgreSQL drops no database that is in use."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    """No test sees what another one cached."""
    yield
    cache.clear()
