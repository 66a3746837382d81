"""Pages over a long history: their time at 10 million attempts against that at 100,000, and at the 95th percentile.

Each size has an SQLite file of its own, filled by SQL with 90 days of attempts and rolled up by the product itself.
`BENCH_ATTEMPTS` sets the larger size. The two are measured in turn, so that a busy machine is busy for both.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

SMALL, LARGE = 100_000, int(os.environ.get("BENCH_ATTEMPTS", "10000000"))
TURNS, ROUNDS = 4, 15
MOST_RATIO, MOST_MS = 1.3, 150.0
DAYS = 90
# Rows are spread evenly over the days; every seventh request needed a second attempt.
_FILL = """
INSERT INTO providers_attempt (request_id, place, feature, capability, provider_id, provider_slug, model_id,
  key_fingerprint, reason, started_at, latency_ms, outcome, error_class, http_status, detail, raw, prompt_tokens,
  completion_tokens, usage_estimated, holder_id, first_token_ms, client_id)
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {count})
SELECT printf('%08x%04x4%03x8%03x%012x', (n - (n % 8 = 7)) * 2654435761 % 4294967296, n % 8 / 7, 0, 0, n / 2 * 2
    + (n % 8 = 6)), 1 + (n % 8 = 7), CASE n % 3 WHEN 0 THEN 'social-posts' WHEN 1 THEN 'ad-copy' ELSE 'tags' END,
  'text-generation', 1 + n % {providers}, 'p' || (n % {providers}), 'model-' || (n % {providers}), 'abcdef', 'first',
  strftime('%Y-%m-%d %H:%M:%f', julianday('now') - {days} + {days} * (n + 0.5) / {count}), 200 + n * 7919 % 3000,
  CASE n % 8 WHEN 6 THEN 'failed' ELSE 'answered' END, CASE n % 8 WHEN 6 THEN 'Unavailable' ELSE '' END,
  CASE n % 8 WHEN 6 THEN 503 ELSE 200 END, '', '', 400, 120, 0, NULL, 80 + n % 400, NULL
FROM numbers
"""
_PROVIDERS = 8
PAGES = {
    "desk": "/",
    "status": "/monitoring/status/",
    "report, 7 days": "/monitoring/reports/?days=7",
    "report, 90 days by model": "/monitoring/reports/?days=90&by=model",
    "errors by cause": "/monitoring/errors/",
    "capacity": "/capacity/",
    "requests": "/capacity/requests/",
    "requests, half way back": "/capacity/requests/?before={middle}",
    "one request's story": "/capacity/requests/{request}/",
    "attempts in the administration": "/admin/providers/attempt/",
}


def _child(step: str, folder: Path, count: int) -> str:
    environment = {**os.environ, "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "prometheus.settings"}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "tests.bench.history", step, str(count)]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def fill(count: int) -> None:
    """Migrate, insert so many attempts and roll them up; prints the seconds of the rolling up."""
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command
    from django.db import connection

    from prometheus import chores
    from providers.models import AIModel, Attempt, Provider, ProviderKey

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    User.objects.create_superuser("admin").groups.set(Group.objects.all())
    for number in range(_PROVIDERS):
        name = f"p{number}"
        one = Provider.objects.create(pk=number + 1, slug=name, name=name, base_url="http://127.0.0.1:9/v1")
        AIModel.objects.create(provider=one, model_id=f"model-{number}", capabilities=["text-generation"])
        key = ProviderKey(provider=one)
        key.hold("sk-bench-0123456789-0123456789")
        key.save()
    with connection.cursor() as cursor:
        # Indexes made afterwards are the same and come in a tenth of the time.
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql NOT NULL",
            [Attempt._meta.db_table],
        )
        indexes = cursor.fetchall()
        for name, _sql in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute(_FILL.format(count=count, providers=_PROVIDERS, days=DAYS), [])
        for _name, sql in indexes:
            cursor.execute(sql)
    began = time.monotonic()
    chores.do_now("sum-up")
    sys.stdout.write(f"{time.monotonic() - began:.1f}")


def measure(count: int) -> None:
    """Ask for each page a few times; prints the milliseconds of each as JSON."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from providers.models import Attempt

    settings.ALLOWED_HOSTS = ["testserver"]
    middle = Attempt.objects.order_by("pk")[:1].get().pk + count // 2
    request = Attempt.objects.get(pk=middle).request_id
    client = Client()
    client.force_login(User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    took: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for at in range(ROUNDS + 2):
        for name, address in PAGES.items():
            began, used = time.perf_counter(), time.process_time()
            answer = client.get(address.format(middle=middle, request=request))
            if answer.status_code != 200:
                raise SystemExit(f"{address}: {answer.status_code}")
            # The first two bring templates and connections, not the page.
            if at >= 2:
                took[name].append(((time.process_time() - used) * 1000, (time.perf_counter() - began) * 1000))
    sys.stdout.write(json.dumps(took))


def _line(name: str, small: list[list[float]], large: list[list[float]]) -> str:
    """Judged by processor time, which other work on the machine leaves alone; the clock's is told beside it."""
    before, after = (statistics.median(used for used, _took in one) for one in (small, large))
    high, clock = (statistics.quantiles((one[at] for one in large), n=20)[-1] for at in (0, 1))
    kept = "kept" if after / before <= MOST_RATIO and high <= MOST_MS else "MISSED"
    return (
        f"{name:<31} {after:6.1f} ms of processor time at the median, {after / before:4.2f} times that at {SMALL}, "
        f"95 % within {high:6.1f} ms ({clock:6.1f} ms by the clock): {kept}\n"
    )


def main() -> None:
    """Fill both, measure them in turn and print a line for each page."""
    with tempfile.TemporaryDirectory() as made:
        folders = {count: Path(made) / str(count) for count in (SMALL, LARGE)}
        for count, folder in folders.items():
            began = time.monotonic()
            rolled = _child("fill", folder, count)
            sys.stdout.write(f"{count} attempts in {time.monotonic() - began:.0f} s, rolled up in {rolled} s\n")
            sys.stdout.flush()
        found: dict[int, dict[str, list[list[float]]]] = {count: defaultdict(list) for count in folders}
        for _turn in range(TURNS):
            for count, folder in folders.items():
                for name, took in json.loads(_child("measure", folder, count)).items():
                    found[count][name] += took
    for name in PAGES:
        sys.stdout.write(_line(name, found[SMALL][name], found[LARGE][name]))


def _in_child(step: str, count: int) -> Any:
    import django

    django.setup()
    return fill(count) if step == "fill" else measure(count)


if __name__ == "__main__":
    _in_child(sys.argv[1], int(sys.argv[2]))
