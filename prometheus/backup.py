"""Everything that an installation knows in one archive, and back: from either kind of database into either.

A zip of JSON lines, a file a table, read in one snapshot while the product runs. Not in it: sessions and the queue's
wake-ups, which come again by themselves, and the encryption keys, which belong somewhere else than the data that they
protect (docs/operations.md). The manifest names them by fingerprint, so that a restore can tell whether it has them.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from providers.access import watching

MANIFEST = "manifest.json"
FORMAT = 1
_LEFT_OUT = frozenset(
    [
        *("sessions.Session", "contenttypes.ContentType", "auth.Permission", "admin.LogEntry"),
        *("django_q.OrmQ", "django_q.Success", "django_q.Failure", "django_q.Task"),
    ]
)
# Rows that a fresh installation makes by itself; those of the archive take their place.
_MADE_AT_START = ("auth.Group", "providers.Chore")
_ROWS_AT_ONCE = 500


class BackupError(Exception):
    """Why an archive cannot be restored here, in a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What went into an archive or came out of one."""

    tables: int
    rows: int


def write(path: Path) -> Summary:
    """Write the archive; it appears under its name only when it is whole."""
    unfinished = path.with_name(f"{path.name}.part")
    files: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive, _snapshot():
        for model in _models():
            with archive.open(f"{model._meta.label}.jsonl", "w", force_zip64=True) as raw:
                files[model._meta.label] = _write_table(model, raw)
        manifest = {
            "format": FORMAT,
            "made_at": timezone.now().isoformat(),
            "migrations": _migrations(),
            "encryption_keys": _key_fingerprints(),
            "files": files,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    unfinished.chmod(0o600)
    unfinished.replace(path)
    return Summary(len(files), sum(one["rows"] for one in files.values()))


def restore(path: Path, say: Callable[[str], object]) -> Summary:
    """Fill a fresh, migrated installation from an archive. Raises BackupError; then nothing has changed."""
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise BackupError(f"{path} is no archive of a backup: {error}") from error
    with archive:
        manifest = _checked_manifest(archive)
        _refuse_unless_empty()
        with transaction.atomic(), connection.constraint_checks_disabled(), watching.quietly():
            for label in _MADE_AT_START:
                apps.get_model(label).objects.all().delete()
            rows = 0
            loaded = []
            for model in _models():
                label = model._meta.label
                if label in manifest["files"]:
                    rows += _read_table(archive, label, manifest["files"][label])
                    loaded.append(model)
            connection.check_constraints([model._meta.db_table for model in loaded])
            _reset_sequences(loaded)
    missing = set(manifest["encryption_keys"]) - set(_key_fingerprints())
    if missing:
        say(
            f"Attention: {len(missing)} encryption key(s) of the archive are not in ENCRYPTION_KEY; "
            "stored provider keys cannot be read until they are.\n"
        )
    return Summary(len(loaded), rows)


def _models() -> list[type[models.Model]]:
    # Not `managed`: the audit log, which no flush may empty, has to come along too.
    found = [model for model in apps.get_models() if model._meta.label not in _LEFT_OUT]
    ordered = serializers.sort_dependencies([(None, found)])
    return [model for model in ordered if model in found]


def _write_table(model: type[models.Model], raw: Any) -> dict[str, Any]:
    digest, rows = hashlib.sha256(), 0
    for line in _lines(model):
        data = line.encode()
        digest.update(data)
        raw.write(data)
        rows += 1
    return {"rows": rows, "sha256": digest.hexdigest()}


def _lines(model: type[models.Model]) -> Iterator[str]:
    rows = model._default_manager.order_by("pk").iterator(chunk_size=_ROWS_AT_ONCE)
    for row in rows:
        yield serializers.serialize("jsonl", [row], use_natural_foreign_keys=True)


def _read_table(archive: zipfile.ZipFile, label: str, known: dict[str, Any]) -> int:
    digest, rows = hashlib.sha256(), 0
    with archive.open(f"{label}.jsonl") as raw:
        for line in raw:
            digest.update(line)
            for one in serializers.deserialize("jsonl", io.StringIO(line.decode())):
                one.save()
                rows += 1
    if digest.hexdigest() != known["sha256"] or rows != known["rows"]:
        raise BackupError(f"The archive is damaged: {label} is not what the manifest says. Take another one.")
    return rows


def _checked_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    except (KeyError, ValueError) as error:
        raise BackupError(
            "The archive has no manifest: it is no backup, or was cut off while it was written."
        ) from error
    if manifest.get("format") != FORMAT:
        raise BackupError(f"The archive has format {manifest.get('format')}; this version reads {FORMAT}.")
    ours, theirs = _migrations(), manifest["migrations"]
    if ours != theirs:
        apart = sorted(set(ours.items()) ^ set(theirs.items()))
        raise BackupError(
            f"The archive was made by another version (differing: {', '.join(sorted({app for app, _name in apart}))}). "
            "Install that version, restore, then upgrade."
        )
    return manifest


def _refuse_unless_empty() -> None:
    for label in ("auth.User", "providers.Provider", "marketing.Job", "providers.AuditEntry"):
        if apps.get_model(label).objects.exists():
            raise BackupError(f"This installation is not empty: it has rows of {label}. Restore into a fresh database.")


def _migrations() -> dict[str, str]:
    """The newest applied migration of each app."""
    return dict(sorted(MigrationRecorder(connection).applied_migrations()))


def _key_fingerprints() -> list[str]:
    return [hashlib.sha256(f"backup:{key}".encode()).hexdigest()[:12] for key in settings.ENCRYPTION_KEYS]


def _reset_sequences(loaded: list[type[models.Model]]) -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), loaded):
            cursor.execute(statement)


@contextmanager
def _snapshot() -> Iterator[None]:
    """One transaction that sees one moment."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
