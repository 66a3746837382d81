"""The rules of the suite itself."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from pytest_socket import SocketConnectBlockedError

_PROJECT = Path(__file__).resolve().parents[2]


def test_data_goes_to_a_folder_outside_the_project() -> None:
    assert not Path(settings.DATA_DIR).is_relative_to(_PROJECT)


def test_a_connection_beyond_loopback_is_refused() -> None:
    with socket.socket() as outgoing, pytest.raises(SocketConnectBlockedError):
        outgoing.connect(("192.0.2.1", 80))


@pytest.mark.django_db(transaction=True)
def test_another_process_sees_what_a_transactional_test_committed() -> None:
    User.objects.create(username="seen-from-outside")
    name = connection.settings_dict["NAME"]
    address = (
        f"sqlite:///{name}"
        if connection.vendor == "sqlite"
        else os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    )
    question = "import django; django.setup(); from django.contrib.auth.models import User; print(User.objects.count())"
    answer = subprocess.run(
        [sys.executable, "-c", question],
        env={**os.environ, "DATABASE_URL": address},
        cwd=_PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "1"
