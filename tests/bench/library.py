"""How fast the library and the desk's other pages answer with 100,000 drafts, and how much a first load weighs.

Runs in a process of its own on a temporary SQLite file, because the figures are those of a fresh installation.
"""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

DRAFTS = 100_000
ROUNDS = 40
_JOBS = 2_000
_WORDS = ("winyl", "premiera", "trasa", "powieść", "kwartet", "światło", "przekład", "koncert", "rabat", "okładka")
_PAGES = {
    "start": "/",
    "library": "/library/",
    "library, one platform": "/library/?platform=x",
    "library, a frequent word": "/library/?q=wi",
    "library, two words": "/library/?q=winyl+99%C5%BC",
    "library, a phrase": "/library/?q=%22premiera+trasa%22",
    "library, a word, one platform": "/library/?q=winyl&platform=x&language=pl",
    "library, no match": "/library/?q=nieobecne",
    "library, a rare language": "/library/?language=en",
    "library, favourites": "/library/?starred=yes",
    "posts": "/create/posts/",
    "artists": "/catalogue/artists/",
}
_ALLOWED_MS, _ALLOWED_KB = 100, 150


def main() -> None:
    """Measure in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "prometheus.settings"}
        environment.pop("DATABASE_URL", None)
        subprocess.run([sys.executable, "-m", "tests.bench.library"], env=environment, check=True)


def _fill(owner: Any) -> None:
    """100,000 drafts of 2,000 jobs, every second one kept."""
    from django.utils import timezone

    from marketing import finding
    from marketing.models import Job, Variant

    brief = {"title": "Żółte światło", "platforms": ["x"]}
    jobs = Job.objects.bulk_create(
        Job(owner=owner, content_type="social-posts", title=f"Wydanie {number}", brief=brief, state=Job.State.DONE)
        for number in range(_JOBS)
    )
    now, platforms = timezone.now(), ("x", "facebook", "instagram", "bluesky")
    each = DRAFTS // _JOBS
    Job.objects.update(created_at=now - timedelta(days=3))
    Variant.objects.bulk_create(
        (
            Variant(
                root=job,
                job=job,
                platform=platforms[place // 2 % 4],
                position=place,
                language="pl",
                text=(text := f"{_WORDS[place % 10]} {_WORDS[(number + place) % 10]} {number % 100}ż. " * 4),
                original_text=text,
                created_at=now,
                kept_at=now - timedelta(seconds=number * each + place) if place % 2 else None,
                provenance={"provider": "p", "provider_name": "P", "model": "m", "latency_ms": 900, "attempts": []},
            )
            for number, job in enumerate(jobs)
            for place in range(each)
        ),
        batch_size=2_000,
    )
    finding.mend()


def _measure() -> None:
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    owner = User.objects.create_user("bench")
    owner.groups.add(Group.objects.get(name="marketer"))
    began = time.perf_counter()
    _fill(owner)
    sys.stdout.write(f"{DRAFTS:,} drafts stored in {time.perf_counter() - began:.0f} s\n")
    client = Client(headers={"accept-language": "pl", "host": "localhost"})
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    for name, url in _PAGES.items():
        took = []
        for _round in range(ROUNDS):
            began = time.perf_counter()
            answer = client.get(url)
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (url, answer.status_code)
        took.sort()
        page = len(gzip.compress(answer.content, 6)) / 1024
        sys.stdout.write(
            f"{name:24} median {took[ROUNDS // 2]:6.1f} ms, 95th {took[int(ROUNDS * 0.95)]:6.1f} ms"
            f" ({_ALLOWED_MS} wanted), {page:5.1f} KB compressed\n"
        )
    assets = _assets(answer.content.decode())
    sys.stdout.write(f"scripts, styles, icons of a first load: {assets:.1f} KB compressed ({_ALLOWED_KB} wanted)\n")


def _assets(page: str) -> float:
    """What a page asks for beside itself, compressed: scripts, styles, icons."""
    from django.conf import settings

    asked = set(re.findall(r'(?:src|href)="/static/([^"#?]+)', page))
    return sum(len(gzip.compress((Path(settings.STATIC_ROOT) / name).read_bytes(), 6)) for name in asked) / 1024


if __name__ == "__main__":
    import django

    django.setup()
    _measure()
