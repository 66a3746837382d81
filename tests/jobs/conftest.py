"""A job and what happens around it, for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from marketing.models import Job

NewJob = Callable[..., Job]


@pytest.fixture
def new_job(db: None) -> NewJob:
    """A function that stores a job; times may be given as seconds from now."""
    owner, _ = User.objects.get_or_create(username="ewa")

    def make(**fields: Any) -> Job:
        for name in ("lease_until", "enqueued_at", "started_at", "finished_at"):
            if isinstance(fields.get(name), int | float):
                fields[name] = timezone.now() + timedelta(seconds=fields[name])
        return Job.objects.create(owner=owner, content_type="social-posts", title="Nowa płyta", brief={}, **fields)

    return make


@pytest.fixture
def job(new_job: NewJob) -> Job:
    """A job that waits."""
    return new_job()
