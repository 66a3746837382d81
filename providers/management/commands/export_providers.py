"""Print the configured providers as a TOML file without secrets."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from providers.configuration import export


class Command(BaseCommand):
    help = "Prints the providers, models and limits as the file that load_providers reads; stored keys are left out."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(export(), ending="")
