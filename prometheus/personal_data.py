"""Erasing a person, and throwing away what is older than it is kept (docs/operations.md, docs/adr/0042).

A person's account is emptied and renamed rather than deleted: texts, approvals and comments are the house's work, and
go on belonging to somebody of whom nothing is known any more. The audit log stays as it is; it is the proof of who
changed what, and the database lets nobody change it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from marketing import forgetting
from providers.access import Deed, Role, record, roles_of
from providers.audit import AuditEntry
from providers.models import ErrorGroup, ReportMail
from providers.monitoring import retention


class LastAdministratorError(Exception):
    """Without this person nobody could administer the product."""


@dataclass(frozen=True, slots=True)
class Line:
    """So many rows of something are deleted, or kept (and then why)."""

    what: str
    rows: int
    kept_because: str = ""


def erase(person: User, *, dry_run: bool = False) -> list[Line]:
    """Take everything that tells who somebody is out of the database; what was deleted and what is kept.

    All of it or nothing. Raises LastAdministratorError. A second call on the same account finds nothing more.
    """
    if Role.ADMINISTRATOR in roles_of(person) and not _another_administrator(person):
        raise LastAdministratorError
    gone = {
        **forgetting.private_rows(person),
        "reports by e-mail": ReportMail.objects.filter(user=person),
        **_sign_ins(person),
    }
    sessions = _sessions(person)
    lines = [Line(name, rows.count()) for name, rows in gone.items()]
    lines.append(Line("sessions", len(sessions)))
    lines += [Line(name, rows, "the house's work") for name, rows in forgetting.work_of(person).items()]
    entries = AuditEntry.objects.filter(actor=person.get_username()).count()
    lines.append(Line("audit entries", entries, "the log of changes is append-only"))
    if dry_run:
        return lines
    with transaction.atomic():
        for rows in gone.values():
            rows.delete()
        _empty_account(person)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in sessions:
        store(key).delete()
    return lines


def forget_old(now: datetime | None = None, *, dry_run: bool = False) -> list[Line]:
    """Delete what the settings no longer keep, beside what `retention.prune` knows: drafts, sign-ins, sessions."""
    now = now or timezone.now()
    since = now - timedelta(days=settings.KEEP_SIGN_INS_DAYS)
    old: dict[str, QuerySet[Any]] = {
        "drafts that nobody kept": forgetting.old_drafts(now - timedelta(days=settings.KEEP_DRAFTS_DAYS)),
        "sessions": Session.objects.filter(expire_date__lt=now),
        "sign-ins": AccessLog.objects.filter(attempt_time__lt=since),
        "failed sign-ins": AccessFailureLog.objects.filter(attempt_time__lt=since),
        "locked addresses": AccessAttempt.objects.filter(attempt_time__lt=since),
    }
    lines = [Line(name, rows.count()) for name, rows in old.items()]
    if not dry_run:
        for line, rows in zip(lines, old.values(), strict=True):
            if line.rows:
                retention.delete_in_bites(rows, line.rows)
    return lines


def _another_administrator(person: User) -> bool:
    others = User.objects.filter(is_active=True).exclude(pk=person.pk)
    return any(Role.ADMINISTRATOR in roles_of(other) for other in others)


def _sign_ins(person: User) -> dict[str, QuerySet[Any]]:
    name = person.get_username()
    return {
        "sign-ins": AccessLog.objects.filter(username=name),
        "failed sign-ins": AccessFailureLog.objects.filter(username=name),
        "locked addresses": AccessAttempt.objects.filter(username=name),
    }


def _sessions(person: User) -> list[str]:
    mark = str(person.pk)
    return [row.session_key for row in Session.objects.iterator() if row.get_decoded().get(SESSION_KEY) == mark]


def _empty_account(person: User) -> None:
    """Queries instead of `save`: the audit log would write down what is to be forgotten."""
    name, earlier = f"erased-{secrets.token_hex(6)}", person.get_username()
    nobody = {"username": name, "first_name": "", "last_name": "", "email": "", "last_login": None}
    User.objects.filter(pk=person.pk).update(
        **nobody, password=make_password(None), is_active=False, is_staff=False, is_superuser=False
    )
    User.groups.through.objects.filter(user_id=person.pk).delete()
    ErrorGroup.objects.filter(resolved_by=earlier).update(resolved_by=name)
    own = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(person.pk))
    own.update(object_repr=name, change_message="")
    person.refresh_from_db()
    record(Deed.ERASED, person)
