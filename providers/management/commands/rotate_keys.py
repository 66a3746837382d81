"""Re-encrypt stored secrets, rotate due client keys, and list provider keys that are due."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.formats import date_format

from providers.access import provider_keys
from providers.access.client_keys import due_keys, rotate
from providers.access.errors import ReplacedKeyError


class Command(BaseCommand):
    help = (
        "Brings stored keys under the newest encryption key and rotates what is older than API_KEY_ROTATION_INTERVAL."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--only-encryption", action="store_true", help="leave the clients' keys as they are")

    def handle(self, *_args: Any, only_encryption: bool, **_options: Any) -> None:
        closed = self._rewrap()
        if not only_encryption:
            self._rotate_clients()
        self._list_due()
        if closed:
            raise SystemExit(1)

    def _rewrap(self) -> list[str]:
        outcome = provider_keys.rewrap_all()
        self.stdout.write(f"Encryption: {outcome.renewed} re-encrypted, {outcome.current} were up to date.")
        for row in outcome.closed:
            self.stderr.write(f"Encryption: {row} cannot be opened by any ENCRYPTION_KEY; enter it again")
        if len(settings.ENCRYPTION_KEYS) > 1 and not outcome.closed:
            self.stdout.write("Encryption: the older keys in ENCRYPTION_KEY are not needed any more.")
        return outcome.closed

    def _rotate_clients(self) -> None:
        """A key's owner must get the new one from somewhere: it is printed here, once."""
        due = due_keys(timezone.now())
        for key in due:
            try:
                issued = rotate(key.client, presented=key.pk)
            except ReplacedKeyError:
                # Another process was here in the meantime.
                continue
            until = timezone.localtime(timezone.now() + settings.API_KEY_GRACE_PERIOD)
            name = key.client.name
            self.stdout.write(f"Client {name!r}: the old key works until {until:%Y-%m-%d %H:%M}; the new one, once:")
            self.stdout.write(issued.secret)
        if not due:
            self.stdout.write("Clients: no key is due.")

    def _list_due(self) -> None:
        now = timezone.now()
        found = provider_keys.due(now)
        for key in found:
            age = (now - key.entered_at).days
            day = date_format(timezone.localtime(key.entered_at + settings.API_KEY_ROTATION_INTERVAL), "Y-m-d")
            self.stdout.write(f"Due: key {key} of {key.provider.slug}, {age} days old, due since {day}")
        if not found:
            self.stdout.write("Providers: no key is due.")
