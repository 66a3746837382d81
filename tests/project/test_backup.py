"""An installation is lost and comes back from its archive: the same rows and answers, also on the other database."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests.jobs.house import House, house

pytestmark = pytest.mark.django_db(transaction=True)
FILL = """
from django.contrib.auth.models import Group, User
from marketing.demo_catalogue import load
from marketing.models import Job, Variant
from providers.access.client_keys import create_client
from providers.models import Attempt, Provider, ProviderKey, Rollup
load()
ewa = User.objects.create_user("ewa", password="correct horse battery")
ewa.groups.add(Group.objects.get(name="approver"))
one = Provider.objects.create(slug="groq", name="Groq", base_url="https://example.com/v1")
key = ProviderKey(provider=one)
key.hold("sk-planted-0123456789abcdef")
key.save()
job = Job.objects.create(owner=ewa, content_type="social-posts", title="Zażółć", brief={"title": "x"}, state="done")
Variant.objects.create(root=job, job=job, platform="x", position=1, language="pl", text="Gęślą jaźń 🎉")
Attempt.objects.create(provider=one, provider_slug="groq", model_id="m", outcome="answered", latency_ms=7)
Rollup.objects.create(grain="day", starts_at="2026-11-26T00:00Z", provider_slug="groq", model_id="m", latency={"1": 2})
print(create_client("music", ["content"]).secret)
"""
TELL = """
import json
from django.contrib.auth.models import User
from marketing.models import Book, Fact, Release, Variant
from providers.audit import AuditEntry
from providers.models import Attempt, ProviderKey, Rollup
ewa = User.objects.get(username="ewa")
said = [
    ewa.check_password("correct horse battery"),
    [group.name for group in ewa.groups.all()],
    ProviderKey.objects.get().open(),
    Variant.objects.get().text,
    Variant.objects.get().root.owner.username,
    Attempt.objects.get().latency_ms,
    Rollup.objects.get().latency,
    Release.objects.get(title="Żółte światło").record["tracks"][0]["isrc"],
    Book.objects.get(isbn13="9788324000012").author.name,
    Fact.objects.count(),
    AuditEntry.objects.count(),
    Attempt.objects.create(provider_slug="next", model_id="m").pk > Attempt.objects.order_by("pk").first().pk,
]
print(json.dumps(said))
"""


KEY = Fernet.generate_key().decode()


def folder(base: Path, name: str) -> Path:
    made = base / name
    made.mkdir()
    return made


def told(built: House) -> list[Any]:
    said: list[Any] = json.loads(built.python(TELL).splitlines()[-1])
    return said


@pytest.mark.timeout(240)
def test_a_lost_installation_comes_back_with_the_same_answers(tmp_path: Path) -> None:
    archive = tmp_path / "backup.zip"
    with house(folder(tmp_path, "one"), ENCRYPTION_KEY=KEY) as first:
        first.python(FILL)
        first.manage("backup", str(archive)).check_returncode()
        before = told(first)
    assert archive.stat().st_mode & 0o077 == 0
    assert b"sk-planted" not in b"".join(_contents(archive).values())
    # From PostgreSQL it comes back into SQLite: an installation can move as well as return.
    with house(folder(tmp_path, "two"), server="", ENCRYPTION_KEY=KEY) as second:
        back = second.manage("restore", str(archive))
        assert back.returncode == 0, back.stderr
        assert "Attention" not in back.stderr
        assert "is not empty" in second.manage("restore", str(archive)).stderr
        assert told(second) == before


def _contents(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


@pytest.mark.once
@pytest.mark.timeout(240)
def test_an_archive_that_is_none_or_damaged_changes_nothing(tmp_path: Path) -> None:
    good, bad = tmp_path / "backup.zip", tmp_path / "bad.zip"
    with house(folder(tmp_path, "one"), ENCRYPTION_KEY=KEY) as first:
        first.python("from django.contrib.auth.models import User; User.objects.create_user('ewa')")
        first.manage("backup", str(good)).check_returncode()
    contents = _contents(good)
    manifest = json.loads(contents["manifest.json"])
    older = json.dumps({**manifest, "migrations": {**manifest["migrations"], "marketing": "0001_initial"}}).encode()
    faulty: list[tuple[dict[str, bytes] | None, str]] = [
        (None, "no archive of a backup"),
        ({name: data for name, data in contents.items() if name != "manifest.json"}, "no manifest"),
        ({**contents, "manifest.json": older}, "made by another version (differing: marketing)"),
        ({**contents, "auth.User.jsonl": contents["auth.User.jsonl"].replace(b"ewa", b"eva")}, "is damaged: auth.User"),
    ]
    with house(folder(tmp_path, "two"), server="", ENCRYPTION_KEY=Fernet.generate_key().decode()) as second:
        for files, reason in faulty:
            bad.write_bytes(b"not a zip")
            if files is not None:
                with zipfile.ZipFile(bad, "w") as archive:
                    for name, data in files.items():
                        archive.writestr(name, data)
            refused = second.manage("restore", str(bad))
            assert refused.returncode != 0
            assert reason in refused.stderr
            assert second.rows("SELECT count(*) FROM auth_user") == [(0,)]
        # The right archive comes in, and says that the keys are missing.
        assert "Attention: 1 encryption key(s)" in second.manage("restore", str(good)).stderr
