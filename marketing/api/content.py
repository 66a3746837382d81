"""`/api/v1/ai/content/…`: one operation for each content type, found by looking; a new type needs nothing here."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Field, Router, Schema
from pydantic import ConfigDict, create_model

from marketing import services
from marketing.api import answering, shapes
from marketing.content.base import ContentType
from marketing.content.registry import content_types
from marketing.models import Job
from marketing.services import Asker
from providers.access import LabDoor, Permission, Scope

router = Router(tags=["Content"], auth=LabDoor(Scope.CONTENT, Permission.MAKE))

_HOW = (
    "Answers 200 with the finished job. `Prefer: respond-async` or `Prefer: wait=N` answer 202 with the job and its "
    "`Location`; `Accept: text/event-stream` answers with its events. An `Idempotency-Key` makes a request safe to "
    "send again."
)
Operation = Callable[[HttpRequest, Any], Any]


class ContentOptions(Schema):
    """How the texts are to be made."""

    offline: bool = Field(
        False,
        strict=True,
        description="Whether a draft composed from the brief's facts is a welcome answer when no provider can.",
    )
    personal_data: Literal["mask", "send"] = Field(
        "mask",
        description="`mask`: e-mail addresses, phone numbers and PESEL are replaced before the text leaves, and put "
        "back into the answer.",
    )


def _asked_model(kind: ContentType[Any]) -> type[Schema]:
    """The type's brief beside the options, in one body."""
    name = "".join(part.capitalize() for part in kind.slug.split("-"))
    example = {**kind.example, "offline": False, "personal_data": "mask"} if kind.example else None
    config = ConfigDict(extra="forbid", json_schema_extra={"example": example} if example else None)
    base = type(f"{name}Base", (kind.brief_model, ContentOptions), {"model_config": config, "__doc__": kind.words})
    return cast("type[Schema]", create_model(f"{name}Asked", __base__=base, __doc__=kind.words))


def _operation(kind: ContentType[Any]) -> Operation:
    model = _asked_model(kind)

    async def ask(request: HttpRequest, asked: Any) -> HttpResponseBase:
        body = json.loads(request.body)
        brief = asked.model_dump(mode="json", exclude=set(ContentOptions.model_fields))

        def make(asker: Asker, wish: answering.Wish) -> Job:
            options = answering.options_of(wish, offline=asked.offline, mask=asked.personal_data == "mask")
            return services.request_generation(asker, kind.slug, brief, options)

        return await answering.answer(request, body, make)

    ask.__annotations__["asked"] = model
    ask.__name__ = kind.slug.replace("-", "_")
    ask.__doc__ = f"{kind.words}\n\n{_HOW}"
    return ask


for _kind in content_types():
    router.post(
        f"/ai/content/{_kind.slug}",
        response={200: shapes.JobOut, 202: shapes.JobOut},
        summary=_kind.words,
        operation_id=f"content_{_kind.slug.replace('-', '_')}",
    )(_operation(_kind))
