"""How an analysis answers: with the result at once, or with a job for whoever prefers one."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import get_language

from marketing import services
from marketing.api import answering
from marketing.insights.answers import answer_of
from marketing.longwork.insights import Insight
from marketing.models import Job
from marketing.services import Asker


async def answered(request: HttpRequest, what: str, body: dict[str, Any]) -> HttpResponseBase | dict[str, Any]:
    """What `what` says of this body."""
    brief = {"what": what, "spoken": get_language() or "en", **body}
    if answering.Wish.of(request).background:

        def make(asker: Asker, _wish: answering.Wish) -> Job:
            return services.request_long_work(asker, Insight.slug, what, brief)

        return await answering.answer(request, brief, make)
    found: dict[str, Any] = await sync_to_async(answer_of, thread_sensitive=False)(brief)
    return found
