"""Memory stays flat: a process that goes on doing jobs and answering pages does not grow with them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.jobs.house import house
from tests.jobs.product import BRIEF, connect
from tests.upstream import Upstream, posts

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.timeout(300)]
WARM, ROUNDS = 60, 80
# A round that kept 200 KB for ever would leave 16 MB. Caches that still fill up were measured at 3 to 5 MB.
MOST_GROWN_MB = 12.0
WORK = """
import gc, json, resource, sys
import django
django.setup()
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client
from marketing import services, tasks
from marketing.models import Job
settings.ALLOWED_HOSTS = ["testserver"]
settings.STORAGES = {{**settings.STORAGES, "staticfiles": {{
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}}}
owner = User.objects.create_superuser("ewa")
client = Client()
client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

def resident_mb():
    gc.collect()
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6

def rounds(count):
    for _ in range(count):
        job = services.request_generation(owner, "social-posts", json.loads({brief!r}))
        tasks.run_job(str(job.pk))
        for page in ("/", "/monitoring/status/", f"/jobs/{{job.pk}}/"):
            client.get(page)
    return resident_mb()

before = rounds({warm})
after = rounds({rounds})
print(json.dumps([before, after, Job.objects.filter(state="done").count()]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_work_leaves_no_memory_behind(tmp_path: Path) -> None:
    code = WORK.format(brief=json.dumps(BRIEF), warm=WARM, rounds=ROUNDS)
    with Upstream() as upstream, house(tmp_path, server="") as built:
        connect(built, upstream.add("one", posts(1)))
        done = subprocess.run(
            [sys.executable, "-c", code], env=built.environment, cwd=settings.BASE_DIR,
            check=True, stdout=subprocess.PIPE, text=True, timeout=240,
        )  # fmt: skip
    before, after, finished = json.loads(done.stdout.splitlines()[-1])
    assert finished == WARM + ROUNDS
    assert after - before < MOST_GROWN_MB
