"""Errors of the product itself, kept by cause: from pages and endpoints, from jobs and from chores."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import got_request_exception
from django.db import Error
from django.http import HttpRequest

from marketing.models import Job
from marketing.tasks import job_broke
from providers.access import request_id_of
from providers.monitoring import faults

logger = logging.getLogger(__name__)


def connect() -> None:
    """Keep what breaks a request or a job from now on."""
    got_request_exception.connect(_of_a_request, dispatch_uid="prometheus.own_errors")
    job_broke.connect(_of_a_job, dispatch_uid="prometheus.own_errors")


def keep(error: BaseException, where: str, request_id: str = "") -> None:
    """Keep one error. Where even that fails, the log has it."""
    try:
        faults.record_own(error, where, request_id)
    except (Error, ImproperlyConfigured):
        logger.warning("an error in %s could not be kept", where, exc_info=True)


def _of_a_request(sender: Any, request: HttpRequest | None = None, **_more: Any) -> None:  # noqa: ARG001 - a receiver
    error = sys.exc_info()[1]
    if error is None:
        return
    match = request.resolver_match if request else None
    where = (match.view_name if match else "") or (request.path if request else "request")
    keep(error, where, str(request_id_of(request)) if request else "")


def _of_a_job(sender: Any, error: BaseException, job_id: Any, **_more: Any) -> None:  # noqa: ARG001 - a receiver
    kind = Job.objects.filter(pk=job_id).values_list("content_type", flat=True).first()
    keep(error, f"job {kind or ''}".strip())
