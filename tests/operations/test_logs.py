"""The log: one id from the request over the queue to the vendor, and lines that a machine can read."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client

from marketing import services
from marketing.models import Job
from marketing.tasks import run_job
from prometheus.env import Environment
from prometheus.logs import AsJSON, WithRequest
from providers.access import current_request_id, serving_request
from providers.orchestrator import Exhausted, Task, complete
from tests.connecting import connect, upstream
from tests.providers.test_capacity import REQUEST
from tests.upstream import server_error

__all__ = ["connect", "upstream"]


@pytest.fixture
def lines():
    """What is logged meanwhile, as the JSON that goes out."""
    written = []

    class Keeper(logging.Handler):
        def emit(self, record):
            written.append(json.loads(self.format(record)))

    keeper = Keeper(logging.DEBUG)
    keeper.addFilter(WithRequest())
    keeper.setFormatter(AsJSON())
    logging.getLogger().addHandler(keeper)
    before = logging.getLogger("prometheus.requests").level
    logging.getLogger("prometheus.requests").setLevel(logging.DEBUG)
    yield written
    logging.getLogger().removeHandler(keeper)
    logging.getLogger("prometheus.requests").setLevel(before)


@pytest.mark.django_db
def test_an_answer_carries_the_id_that_its_lines_carry(lines, admin_user):
    client = Client()
    client.force_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/library/?q=tajne")
    told = next(line for line in lines if line["logger"] == "prometheus.requests")
    assert uuid.UUID(answer["X-Request-ID"])
    assert (told["request_id"], told["view"], told["status"]) == (answer["X-Request-ID"], "library", 200)
    assert "tajne" not in json.dumps(told)


def test_outside_of_a_request_there_is_none(lines):
    logging.getLogger("anything").warning("hello %s", "there", extra={"provider": "groq"})
    assert (lines[-1]["message"], lines[-1]["request_id"], lines[-1]["provider"]) == ("hello there", "-", "groq")


def test_a_traceback_is_one_line_too(lines):
    try:
        int("broken")
    except ValueError:
        logging.getLogger("anything").exception("it broke")
    assert "ValueError: invalid literal" in lines[-1]["traceback"]


def test_a_failed_call_names_provider_model_and_cause_under_the_id_of_its_request(connect, lines):
    connect("one", server_error())

    async def ask():
        with serving_request("the-request"):
            await complete(Task("test", deadline_seconds=2.0), REQUEST, check=lambda text, _last: text)

    with pytest.raises(Exhausted):
        asyncio.run(ask())
    told = next(line for line in lines if line["logger"] == "providers.orchestrator.calls")
    assert (told["request_id"], told["provider"], told["http_status"]) == ("the-request", "one", 503)


@pytest.mark.django_db(transaction=True)
def test_a_job_goes_on_under_the_id_of_whoever_asked_for_it(lines):
    owner = User.objects.create_user("ewa")
    with serving_request("from-the-page"):
        job = services.request_long_work(owner, "none-of-these", "Work", {})
    assert Job.objects.get(pk=job.pk).request_id == "from-the-page"
    assert current_request_id() == ""
    with pytest.raises(LookupError):
        run_job(str(job.pk))
    begun = next(line for line in lines if line["message"].startswith("job "))
    assert begun["request_id"] == "from-the-page"


def test_a_format_that_there_is_none_of_stops_the_start_with_one_line():
    env = Environment({"LOG_FORMAT": "xml"})
    env.choice("LOG_FORMAT", ("line", "json"))
    assert env.faults == ["LOG_FORMAT: write one of line, json (found 'xml')"]
