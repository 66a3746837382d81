"""What must be true before Django reads its settings; pytest loads this with `-p`, ahead of pytest-django."""

from __future__ import annotations

import atexit
import os
import re
import shutil
from pathlib import Path

from tests import folders

# A developer's own set-up must not change what the tests see. DATABASE_URL and REDIS_URL stay: they are input.
_FOREIGN = re.compile(
    r"SECRET_KEY|ENCRYPTION_KEY|DJANGO_SUPERUSER_PASSWORD|SENTRY_DSN|DEBUG|ALLOWED_HOSTS|PUBLIC_URL|PORT|WORKERS|JOB_LEASE_SECONDS"
    r"|MAX_REQUESTS_PER_(MINUTE|DAY)|ENABLE_\w+|OTEL_\w+|API_KEY_(ROTATION_INTERVAL|GRACE_PERIOD)|\w+_API_(KEY|TOKEN)|HF_TOKEN"
    r"|(https?|all)_proxy",
    re.IGNORECASE,
)


def _data_dir() -> Path:
    """A folder of this process's own; the process that started first clears all of them away."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        return Path(os.environ["PROMETHEUS_TEST_DIR"]) / worker
    base = folders.make("data")
    os.environ["PROMETHEUS_TEST_DIR"] = str(base)
    owner = os.getpid()

    def clear() -> None:
        # A forked child inherits this registration, but not the folder.
        if os.getpid() == owner:
            shutil.rmtree(base, ignore_errors=True)

    atexit.register(clear)
    return base / "main"


def _own_redis_database() -> None:
    """Give each pytest-xdist worker a Redis database of its own, so that one may clear it under no other."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker and os.environ.get("REDIS_URL"):
        number = int(worker.removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = re.sub(r"(?<=\d)/\d+$|/?$", f"/{number}", os.environ["REDIS_URL"], count=1)


for _name in [name for name in os.environ if _FOREIGN.fullmatch(name)]:
    del os.environ[_name]
DATA_DIR = _data_dir()
# ServeStatic warns about a missing folder, and warnings are errors.
(DATA_DIR / "static").mkdir(parents=True, exist_ok=True)
os.environ["DATA_DIR"] = str(DATA_DIR)
_own_redis_database()
