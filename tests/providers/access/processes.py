"""Other processes on the test's database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection

PROJECT = Path(__file__).resolve().parents[3]


def environment(**more: str) -> dict[str, str]:
    name = connection.settings_dict["NAME"]
    address = (
        f"sqlite:///{name}"
        if connection.vendor == "sqlite"
        else os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    )
    keys = {"SECRET_KEY": settings.SECRET_KEY, "ENCRYPTION_KEY": ",".join(settings.ENCRYPTION_KEYS)}
    return {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "prometheus.settings", **keys, **more}


def begin(code: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", f"import django; django.setup(); {code}"],
        cwd=PROJECT,
        env=environment(**more),
        stdout=subprocess.PIPE,
        text=True,
    )


def output(process: subprocess.Popen[str]) -> str:
    told, _errors = process.communicate(timeout=60)
    assert process.returncode == 0
    return told


def manage(code: str, **more: str) -> str:
    return output(begin(code, **more))
