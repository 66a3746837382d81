"""Erasing a person and forgetting what is old: what tells who somebody is goes, the house's work and the log stay."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from axes.models import AccessLog
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.core.serializers import serialize
from django.test import Client
from django.utils import timezone

from marketing.models import Brief, Comment, Job, Variant
from prometheus import chores
from providers.audit import AuditEntry
from providers.models import Attempt

pytestmark = pytest.mark.django_db


def said(*arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def draft(owner: User, *, days_ago: int = 0, kept: bool = False) -> Job:
    then = timezone.now() - timedelta(days=days_ago)
    job = Job.objects.create(
        owner=owner, content_type="social-posts", title="Wydanie", brief={}, state="done",
        created_at=then, finished_at=then,
    )  # fmt: skip
    kept_at = then if kept else None
    Variant.objects.create(root=job, job=job, platform="x", position=1, language="pl", text="Tekst", kept_at=kept_at)
    return job


@pytest.fixture
def ewa() -> User:
    User.objects.create_superuser("admin")
    one = User.objects.create_user(
        "ewa.nowak", "ewa.nowak@example.com", "correct horse", first_name="Ewa", last_name="Nowakowska"
    )
    one.groups.add(Group.objects.get(name="marketer"))
    return one


def test_an_erased_person_is_named_nowhere_but_in_the_audit_log(ewa: User, client: Client) -> None:
    client.force_login(ewa, backend="django.contrib.auth.backends.ModelBackend")
    AccessLog.objects.create(username="ewa.nowak", ip_address="192.0.2.7")
    Brief.objects.create(owner=ewa, content_type="social-posts", data={"title": "Ewa Nowakowska"})
    Comment.objects.create(variant=draft(ewa).variants.get(), by=ewa, text="Dobre")
    said("erase_person", "ewa.nowak")
    rows = [*User.objects.all(), *AccessLog.objects.all(), *Brief.objects.all(), *Comment.objects.all()]
    left = serialize("json", rows)
    assert [word for word in ("ewa.nowak", "Nowakowska", "192.0.2.7") if word in left] == []
    assert client.get("/").status_code == 302
    assert not User.objects.get(pk=ewa.pk).check_password("correct horse")


def test_the_work_of_an_erased_person_stays(ewa: User) -> None:
    job = draft(ewa, kept=True)
    comment = Comment.objects.create(variant=job.variants.get(), by=ewa, text="Dobre")
    told = said("erase_person", "ewa.nowak")
    assert job.variants.get().text == "Tekst"
    comment.refresh_from_db()
    assert comment.by is not None
    assert comment.by.username.startswith("erased-")
    assert "texts: 1 kept, the house's work" in told


def test_an_erasure_is_in_the_audit_log_without_what_was_erased(ewa: User) -> None:
    last = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True)[0]
    said("erase_person", "ewa.nowak")
    entries = AuditEntry.objects.filter(pk__gt=last)
    assert [entry.deed for entry in entries] == ["erased"]
    assert "ewa" not in f"{entries[0].object_name} {entries[0].before} {entries[0].after}"


def test_a_dry_run_tells_and_changes_nothing(ewa: User) -> None:
    Brief.objects.create(owner=ewa, content_type="social-posts", data={})
    assert "open briefs: 1 would be deleted" in said("erase_person", "ewa.nowak", "--dry-run")
    assert User.objects.get(username="ewa.nowak").email == "ewa.nowak@example.com"
    assert Brief.objects.exists()


def test_the_last_administrator_is_not_erased(ewa: User) -> None:
    with pytest.raises(CommandError, match="last administrator"):
        said("erase_person", "admin")
    assert User.objects.filter(username="admin", is_active=True).exists()


def test_nobody_of_an_unknown_name_is_erased() -> None:
    with pytest.raises(CommandError, match="nobody signs in as zofia"):
        said("erase_person", "zofia")


def test_old_drafts_go_and_kept_running_and_young_work_stays(ewa: User, settings: Any) -> None:
    settings.KEEP_DRAFTS_DAYS = 30
    old, kept, young = draft(ewa, days_ago=31), draft(ewa, days_ago=31, kept=True), draft(ewa, days_ago=29)
    running = draft(ewa, days_ago=31)
    Job.objects.filter(pk=running.pk).update(state="running", finished_at=None)
    assert "drafts that nobody kept: 1 would be deleted" in said("forget_old", "--dry-run")
    assert Job.objects.filter(pk=old.pk).exists()
    said("forget_old")
    assert set(Job.objects.values_list("pk", flat=True)) == {kept.pk, young.pk, running.pk}


def test_old_sign_ins_and_attempts_go_and_the_audit_log_stays(ewa: User, settings: Any) -> None:
    long_ago = timezone.now() - timedelta(days=400)
    entries = AuditEntry.objects.count()
    AccessLog.objects.create(username="ewa.nowak")
    AccessLog.objects.update(attempt_time=long_ago)
    Attempt.objects.create(provider_slug="p", model_id="m", started_at=long_ago)
    told = said("forget_old")
    assert "sign-ins: 1 deleted" in told
    assert "attempts: 1 deleted" in told
    assert AuditEntry.objects.count() == entries > 0


def test_the_product_forgets_by_itself(ewa: User) -> None:
    draft(ewa, days_ago=1000)
    chores.do_now("tidy")
    assert not Job.objects.exists()
