"""Keeps the translations: `extract` merges the code's messages, `compile` makes them usable, `check` finds gaps."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from prometheus import translations

# The code speaks English, so English needs no catalog.
SOURCE_LANGUAGE = "en"


class Command(BaseCommand):
    help = "Finds, compiles and checks translations, without GNU gettext."
    # Translations are made ready before a database is.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["extract", "compile", "check"])
        parser.add_argument("--root", type=Path, default=settings.BASE_DIR, help="another project folder")

    def handle(self, *_args: Any, action: str, root: Path, **_options: Any) -> None:
        languages = [code for code, _name in settings.LANGUAGES if code != SOURCE_LANGUAGE]
        if action == "extract":
            for language in languages:
                catalog = translations.merge(root, language)
                open_ones = sum(not all(message.string or [""]) for message in catalog if message.id)
                self.stdout.write(f"{language}: {len(catalog)} messages, {open_ones} without translation")
        elif action == "compile":
            for path in translations.compile_catalogs(root):
                self.stdout.write(f"compiled {path.relative_to(root)}")
        else:
            self._check(root, languages)

    @staticmethod
    def _check(root: Path, languages: list[str]) -> None:
        lines = [f"{language}: {line}" for language in languages for line in translations.faults(root, language)]
        if lines:
            raise CommandError("\n".join([*lines, f"{len(lines)} faults; run `make messages`, then translate"]))
