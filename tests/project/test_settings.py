"""Settings are checked before anything starts, and an installation makes its own secrets."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key

pytestmark = pytest.mark.once

_PROJECT = Path(__file__).resolve().parents[2]
_ASK = (
    "from prometheus import settings; print(settings.SECRET_KEY, settings.ENCRYPTION_KEYS[0], settings.DEMO_PASSWORD)"
)


def _environment(data: Path, **values: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in os.environ if name.startswith(("PATH", "COVERAGE", "LANG"))}
    return {**kept, "DATA_DIR": str(data), **values}


def _start(data: Path, **values: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _ASK],
        cwd=_PROJECT,
        env=_environment(data, **values),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _outcome(data: Path, **values: str) -> tuple[int, str, str]:
    with _start(data, **values) as process:
        output, errors = process.communicate()
    return process.returncode, output, errors


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("DEBUG", "perhaps", "DEBUG: write true or false (found 'perhaps')"),
        ("PUBLIC_URL", "http://desk.example", "PUBLIC_URL: write https://host"),
        ("PUBLIC_URL", "https://me:word@desk.example", "PUBLIC_URL: write https://host"),
        ("PORT", "80000", "PORT: write a whole number from 1 to 65535 (found 80000)"),
        ("PORT", "http", "PORT: write a whole number from 1 to 65535"),
        ("MAX_REQUESTS_PER_DAY", "0", "MAX_REQUESTS_PER_DAY: write a whole number"),
        ("API_KEY_ROTATION_INTERVAL", "a week", "API_KEY_ROTATION_INTERVAL: write a span such as 7d, 12h or 30m"),
        ("DATABASE_URL", "mysql://localhost/x", "DATABASE_URL: write sqlite:///path or postgres://"),
        ("REDIS_URL", "localhost", "REDIS_URL: write redis://host:port/number"),
        ("ENCRYPTION_KEY", "too-short", "ENCRYPTION_KEY: write 32 url-safe base64 bytes"),
    ],
)
def test_a_malformed_value_stops_the_start_with_one_clear_line(
    tmp_path: Path, name: str, value: str, line: str
) -> None:
    status, _output, errors = _outcome(tmp_path, **{name: value})
    assert (status, errors.count("\n")) == (1, 1)
    assert errors.startswith(f"Settings: {line}")


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    _status, _output, errors = _outcome(tmp_path, PORT="x", WORKERS="y", ENABLE_ERROR_TRACKING="z")
    assert [line.split(":")[1].strip() for line in errors.splitlines()] == ["PORT", "ENABLE_ERROR_TRACKING", "WORKERS"]


def test_a_malformed_encryption_key_is_not_repeated(tmp_path: Path) -> None:
    _status, _output, errors = _outcome(tmp_path, ENCRYPTION_KEY="my-precious-key")
    assert "my-precious-key" not in errors


def test_a_production_start_refuses_without_secrets(tmp_path: Path) -> None:
    status, _output, errors = _outcome(tmp_path, DEBUG="false", ALLOWED_HOSTS="desk.example.org")
    assert status == 1
    assert [line.split(":")[1].strip() for line in errors.splitlines()] == ["SECRET_KEY", "ENCRYPTION_KEY"]


def test_a_production_start_leaves_no_secrets_behind(tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    values = {"ALLOWED_HOSTS": "desk.example.org", "SECRET_KEY": "s" * 50, "ENCRYPTION_KEY": key}
    status, output, _errors = _outcome(tmp_path, **values)
    assert (status, output.split()[:2]) == (0, ["s" * 50, key])
    assert not (tmp_path / "secrets.env").exists()


def test_a_local_start_makes_secrets_that_only_their_owner_reads(tmp_path: Path) -> None:
    data = tmp_path / "data"
    status, _output, _errors = _outcome(data)
    assert status == 0
    assert stat.S_IMODE((data / "secrets.env").stat().st_mode) == 0o600


def test_the_environment_wins_over_made_secrets(tmp_path: Path) -> None:
    _status, output, _errors = _outcome(tmp_path, DJANGO_SUPERUSER_PASSWORD="chosen")
    assert output.split()[2] == "chosen"


def test_processes_that_start_together_agree_on_the_secrets(tmp_path: Path) -> None:
    processes = [_start(tmp_path) for _ in range(4)]
    answers = {process.communicate()[0] for process in processes}
    assert len(answers) == 1
    assert len(next(iter(answers)).split()) == 3


def test_production_settings_pass_djangos_own_deployment_check(tmp_path: Path) -> None:
    values = {
        "DEBUG": "false",
        "SECRET_KEY": get_random_secret_key(),
        "ENCRYPTION_KEY": Fernet.generate_key().decode(),
        "ALLOWED_HOSTS": "desk.example",
        "PUBLIC_URL": "https://desk.example",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=_PROJECT,
        env=_environment(tmp_path, **values),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
