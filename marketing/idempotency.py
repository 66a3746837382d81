"""One request, one job: what a program sends twice under one Idempotency-Key is done once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from marketing.models import ApiRequest, Job
from marketing.services import Asker

# As long as Stripe's and others' clients may go on trying.
KEPT = timedelta(hours=24)
LONGEST_KEY = 255


class KeyReusedError(Exception):
    """The same key came with another request before."""


def digest(path: str, body: Any) -> str:
    """What two requests share exactly when they ask for the same."""
    # As ASCII, for JSON can write half a surrogate pair, which no encoding takes.
    return hashlib.sha256(json.dumps([path, body], sort_keys=True).encode()).hexdigest()


def once(asker: Asker, key: str, wanted: str, make: Callable[[], Job]) -> tuple[Job, bool]:
    """The job that this key became, made now if it is new; and whether it was made now.

    Of several processes at the same moment one makes the job, the others wait for its commit and find it. Raises
    KeyReusedError when the key came with another request.
    """
    found = _found(asker, key, wanted)
    if found:
        return found, False
    try:
        with transaction.atomic():
            job = make()
            ApiRequest.objects.create(asker=asker.mark, key=key, digest=wanted, job=job)
    except IntegrityError:
        found = _found(asker, key, wanted)
        if found is None:
            raise
        return found, False
    return job, True


def _found(asker: Asker, key: str, wanted: str) -> Job | None:
    ApiRequest.objects.filter(asker=asker.mark, key=key, created_at__lt=timezone.now() - KEPT).delete()
    row = ApiRequest.objects.select_related("job").filter(asker=asker.mark, key=key).first()
    if row is None:
        return None
    if row.digest != wanted:
        raise KeyReusedError
    return row.job


def forget_old() -> int:
    """Delete keys that are too old to come again; returns how many."""
    return ApiRequest.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
