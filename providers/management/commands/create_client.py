"""Make a client and its first key."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError
from django.utils import timezone

from providers.access.client_keys import create_client
from providers.access.limits import NAMES
from providers.clients import Scope, StreamMode

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def span(text: str) -> timedelta:
    """A span of time such as `90d`. Raises ArgumentTypeError."""
    match = re.fullmatch(r"(\d{1,5})([mhd])", text)
    if not match or not int(match[1]):
        raise argparse.ArgumentTypeError(f"write a span such as 90d, 12h or 30m (found {text!r})")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def positive(text: str) -> int:
    """A whole number from 1. Raises ArgumentTypeError."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"write a whole number from 1 (found {text!r})")
    return int(text)


class Command(BaseCommand):
    help = "Makes a client key for a module of the Lab and prints it once, alone on the last line."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the module's name")
        parser.add_argument("--scopes", nargs="+", required=True, choices=Scope.values, help="what it may call")
        parser.add_argument("--expires", type=span, metavar="90d", help="when its access ends; never when left out")
        parser.add_argument(
            "--streams", choices=StreamMode.values, default=StreamMode.PLAIN, help="how streams are served"
        )
        for name in NAMES:
            parser.add_argument(
                f"--{name.replace('_', '-')}", type=positive, metavar="N", help="a limit of this client"
            )

    def handle(self, *_args: Any, name: str, scopes: list[str], expires: timedelta | None, **options: Any) -> None:
        limits = {limit: options[limit] for limit in NAMES}
        ends = timezone.now() + expires if expires else None
        try:
            issued = create_client(name, scopes, expires_at=ends, stream_mode=options["streams"], **limits)
        except IntegrityError:
            raise CommandError(f"there is a client {name!r} already; give it a new key in the administration") from None
        except ValidationError as exc:
            raise CommandError("; ".join(exc.messages)) from None
        until = f", until {timezone.localtime(ends):%Y-%m-%d %H:%M}" if ends else ""
        self.stdout.write(f"Client {name!r}: {', '.join(issued.key.client.scopes)}{until}. Its key, shown this once:")
        self.stdout.write(issued.secret)
