"""Web and worker under one parent, for `make run` and for small installations."""

from __future__ import annotations

import http.client
import logging
import socket
import sys
import time
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, close_old_connections, connection

from marketing import jobs
from prometheus import chores
from prometheus.parent import STOP_SECONDS, AlreadyServingError, Child, Duty, Parent, sole_parent
from prometheus.preparation import prepare
from providers import refreshing

logger = logging.getLogger(__name__)

RECONCILE_SECONDS = 2.0
CLOCK_SECONDS = 2.0
# A cluster needs a few seconds on a busy machine before it can be called stuck.
WATCH_AFTER_SECONDS = 12.0
ORPHANS_LEAVE_SECONDS = 10.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what to ask when it listens everywhere


class Command(BaseCommand):
    help = "Serves pages and works on jobs until it is told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
        parser.add_argument(
            "--prepare",
            nargs="*",
            metavar="COMMAND",
            help="first migrate, collect static files, load demonstration data and so on, or only what is named",
        )
        parser.add_argument("--only", choices=["web", "worker"], help="for a host that does one of both")
        parser.add_argument("--show-sign-in", action="store_true", help="print the demonstration sign-in")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            with sole_parent(settings.DATA_DIR) as token:
                self._serve(token, options)
        except AlreadyServingError as error:
            raise CommandError(f"{error}; stop it first") from error

    def _serve(self, token: str, options: dict[str, Any]) -> None:
        host, port, only = options["host"], settings.PORT, options["only"]
        if only != "worker":
            self._refuse_taken_port(host, port)
        if options["prepare"] is not None:
            prepare(options["prepare"], self._tell)
        connection.close()
        children: list[Child] = []
        duties: list[Duty] = []
        if only != "worker":
            web = Child("web", _web(host, port))
            greeting = _Greeting(web, host, port, self._tell, show_sign_in=options["show_sign_in"])
            children.append(web)
            duties.append(Duty(greeting.look, 0.1))
        if only != "web":
            worker = Child("worker", [sys.executable, str(settings.BASE_DIR / "manage.py"), "work"])
            children.append(worker)
            duties += [
                Duty(_Keeper(worker, self._tell).look, RECONCILE_SECONDS),
                Duty(_wake_for_what_is_due, CLOCK_SECONDS),
            ]
        if only == "worker":
            self._tell("Prometheus AI works on jobs")
        Parent(children, duties, token, self._tell, stop_seconds=_stop_seconds()).run()

    def _tell(self, line: str) -> None:
        # A disk that is full under its log is no reason to end the work.
        with suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()

    @staticmethod
    def _refuse_taken_port(host: str, port: int) -> None:
        # Pages whose parent was killed leave by themselves, but first end what they are answering.
        until = time.monotonic() + ORPHANS_LEAVE_SECONDS
        while fault := _taken(host, port):
            if time.monotonic() > until:
                raise CommandError(f"{host}:{port} cannot be used ({fault.strerror}); set PORT to another") from fault
            time.sleep(0.2)


def _web(host: str, port: int) -> list[str]:
    uvicorn = [sys.executable, "-m", "uvicorn", "prometheus.asgi:application", "--app-dir", str(settings.BASE_DIR)]
    quiet = ["--log-level=warning", "--no-access-log"]
    # Pages that follow a job hold their connection open; a stop does not wait for them longer than this.
    patience = f"--timeout-graceful-shutdown={settings.DRAIN_SECONDS}"
    return [*uvicorn, "--host", host, "--port", str(port), *quiet, patience]


def _stop_seconds() -> float:
    return max(STOP_SECONDS, settings.DRAIN_SECONDS + 5.0)


def _wake_for_what_is_due() -> None:
    """See that chores are done when they are due, and each provider's list of models is read once a day."""
    try:
        close_old_connections()
        chores.wake_due()
        refreshing.wake_due()
    except Error as error:
        # The keeper says so when the database stays away.
        logger.debug("The database cannot be asked for what is due: %s", str(error).strip())
        connection.close()


class _Greeting:
    """Prints the address once the product answers there."""

    def __init__(self, web: Child, host: str, port: int, tell: Any, *, show_sign_in: bool) -> None:
        self._web, self._host, self._port, self._tell = web, host, port, tell
        self._show_sign_in = show_sign_in
        self._greeted = False

    def look(self) -> None:
        if self._greeted or not self._web.process or not self._answers():
            return
        self._greeted = True
        named = f"[{self._host}]" if ":" in self._host else self._host
        self._tell(f"Prometheus AI answers at http://{named}:{self._port}/")
        if self._show_sign_in:
            self._tell(f"Sign in as admin with the password {settings.DEMO_PASSWORD}")

    def _answers(self) -> bool:
        asked = http.client.HTTPConnection(EVERYWHERE.get(self._host, self._host), self._port, timeout=1)
        try:
            asked.request("GET", "/healthz")
            # A production start may refuse the name or send to https: that is an answer, too.
            return asked.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asked.close()


class _Keeper:
    """Sends lost wake-ups again, and restarts a cluster that looks alive but takes no job."""

    def __init__(self, worker: Child, tell: Any) -> None:
        self._worker, self._tell = worker, tell
        self._away = False

    def look(self) -> None:
        try:
            close_old_connections()
            jobs.reconcile()
            stuck = self._worker.runs_for() > WATCH_AFTER_SECONDS and jobs.is_stuck()
        except Error as error:
            if not self._away:
                logger.warning("The database cannot be asked for stale jobs: %s", str(error).strip())
            self._away = True
            connection.close()
            return
        self._away = False
        if stuck:
            self._tell("worker takes no job, starting it again")
            self._worker.kill()


def _taken(host: str, port: int) -> OSError | None:
    """Why nobody can listen there, None where one can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None
