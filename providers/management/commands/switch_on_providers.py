"""Switch on the catalogue vendors whose key is in the environment."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand

from providers.configuration import switch_on_from_environment


class Command(BaseCommand):
    help = "Switches on each provider of the built-in catalogue whose usual environment variable holds a key."

    def handle(self, *_args: Any, **_options: Any) -> None:
        for change in switch_on_from_environment(os.environ):
            self.stdout.write(str(change))
