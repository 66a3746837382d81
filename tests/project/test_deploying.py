"""What a rolling upgrade and a deployment rely on: additive migrations, and files that name what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import (
    AddField,
    CreateModel,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
)
from django.db.models import NOT_PROVIDED, BigAutoField, CharField, DateTimeField

from prometheus.management.commands.serve import Command

pytestmark = pytest.mark.once
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
OURS = ("marketing", "providers")
# The version before still runs while these are applied, and it would break.
DESTRUCTIVE = (DeleteModel, RemoveField, RenameField, RenameModel)
# Numbers up to these belong to versions that nobody upgraded without a pause.
FIRST_WITHOUT_A_PAUSE = 30


def ours() -> list[Migration]:
    known = sorted(MigrationLoader(None).disk_migrations.items())
    return [one for (app, name), one in known if app in OURS and int(name[:4]) >= FIRST_WITHOUT_A_PAUSE]


def breaks_the_version_before(migration: Migration) -> list[str]:
    made = {one.name_lower for one in migration.operations if isinstance(one, CreateModel)}
    found = []
    for one in migration.operations:
        model = getattr(one, "model_name_lower", getattr(one, "name_lower", ""))
        if model in made:
            continue
        if isinstance(one, DESTRUCTIVE):
            found.append(f"{migration}: {one.describe()}")
        # Django's own default is the new code's; only the database's fills in for rows that the old code writes.
        if isinstance(one, AddField) and not one.field.null and one.field.db_default is NOT_PROVIDED:
            found.append(f"{migration}: {one.describe()} needs db_default, as the version before does not write it")
    return found


def test_no_migration_takes_away_what_the_version_before_reads() -> None:
    assert [fault for migration in ours() for fault in breaks_the_version_before(migration)] == []


def test_a_migration_that_takes_something_away_would_be_noticed() -> None:
    class Bad(Migration):
        operations = [
            RemoveField("job", "title"),
            RenameField("job", "brief", "form"),
            DeleteModel("Rating"),
            AddField("job", "colour", CharField(max_length=9, default="red")),
        ]

    class Good(Migration):
        operations = [
            AddField("job", "colour", CharField(max_length=9, db_default="red")),
            AddField("job", "seen_at", DateTimeField(null=True)),
            CreateModel("Shelf", [("id", BigAutoField(primary_key=True))]),
            AddField("shelf", "name", CharField(max_length=9)),
        ]

    assert len(breaks_the_version_before(Bad("0099_bad", "marketing"))) == 4
    assert breaks_the_version_before(Good("0099_good", "marketing")) == []


def test_the_units_and_containers_start_what_exists() -> None:
    files = [*DEPLOY.rglob("*.service"), DEPLOY / "Containerfile", DEPLOY / "compose.yaml"]
    text = {file.name: file.read_text() for file in files}
    assert len(files) == 4
    parser = Command().create_parser("manage.py", "serve")
    calls = re.findall(r"manage\.py serve ([^\n]+)", "\n".join(text.values()))
    calls += [
        re.sub(r'[",\[\]]+', " ", found).strip().removeprefix("serve")
        for found in re.findall(r"(?:CMD|command:) (\[\"serve\"[^\n]+)", "\n".join(text.values()))
    ]
    assert len(calls) == 5
    for call in calls:
        asked = parser.parse_args(call.split())
        assert asked.only in {"web", "worker"}
        assert set(asked.prepare or ()) <= set(get_commands())
