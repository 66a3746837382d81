"""`erase_person NAME`: takes everything that tells who somebody is out of the database."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from prometheus import personal_data


class Command(BaseCommand):
    help = "Empties and renames an account, and deletes what is its owner's alone; the house's work and the log stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the name that the person signs in with")
        parser.add_argument("--dry-run", action="store_true", help="only tell what would be deleted and what kept")

    def handle(self, *_args: Any, name: str, dry_run: bool, **_options: Any) -> None:
        person = User.objects.filter(username=name).first()
        if person is None:
            raise CommandError(f"nobody signs in as {name}")
        try:
            lines = personal_data.erase(person, dry_run=dry_run)
        except personal_data.LastAdministratorError as error:
            raise CommandError(f"{name} is the last administrator: give somebody else that role first") from error
        for line in lines:
            fate = f"kept, {line.kept_because}" if line.kept_because else "would be deleted" if dry_run else "deleted"
            self.stdout.write(f"{line.what}: {line.rows} {fate}")
        if not dry_run:
            self.stdout.write(f"The account is now called {person.username}. Older backups still hold {name}'s data.")
