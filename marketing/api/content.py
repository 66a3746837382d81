"""`/api/v1/ai/content/…`: one operation for each content type, found by looking; a new type needs nothing here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Literal, cast, get_args, get_origin

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Field, Router, Schema
from pydantic import ConfigDict, ValidationInfo, create_model, field_validator
from pydantic_core import PydanticCustomError

from marketing import services
from marketing.api import answering, shapes
from marketing.content.base import ContentType
from marketing.content.registry import content_types
from marketing.models import Job
from marketing.services import Asker
from marketing.urgency import value_of
from providers.access import LabDoor, Permission, Scope

router = Router(tags=["Content"], auth=LabDoor(Scope.CONTENT, Permission.MAKE))

_HOW = (
    "Answers 200 with the finished job. `Prefer: respond-async` or `Prefer: wait=N` answer 202 with the job and its "
    "`Location`; `Accept: text/event-stream` answers with its events. An `Idempotency-Key` makes a request safe to "
    "send again."
)
_JSON: dict[Any, tuple[str, tuple[type, ...]]] = {
    list: ("array", (list,)),
    int: ("number", (int, float)),
    bool: ("boolean", (bool,)),
    date: ("string", (str, type(None))),
    datetime: ("string", (str, type(None))),
}
# Of RFC 3339; pydantic would take seconds since 1970 as well.
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
Operation = Callable[[HttpRequest, Any], Any]


class ContentOptions(Schema):
    """How the texts are to be made."""

    offline: bool = Field(
        False,
        description="Whether a draft composed from the brief's facts is a welcome answer when no provider can.",
    )
    personal_data: Literal["mask", "send"] = Field(
        "mask",
        description="`mask`: e-mail addresses, phone numbers and PESEL are replaced before the text leaves, and put "
        "back into the answer.",
    )
    value: Literal["low", "normal", "high"] = Field(
        "normal", description="How much it matters: the best models are kept for `high`, `low` takes what is left over."
    )
    due_at: datetime | None = Field(
        None,
        description="Until then (RFC 3339, at most 31 days on) the job may wait for capacity. Without it a "
        "caller who waits is told when capacity returns, and a job asked for with `respond-async` waits a day.",
        examples=["2026-12-01T08:00:00+01:00"],
    )

    @field_validator("*", mode="before")
    @classmethod
    def _types_are_meant(cls, value: Any, info: ValidationInfo) -> Any:
        """A form sends everything as text and the brief takes it; a program says what it means."""
        wanted = cls.model_fields[str(info.field_name)].annotation
        # `date | None` asks for a date, or for null.
        for kind in get_args(wanted) if type(None) in get_args(wanted) else (wanted,):
            name, taken = _JSON.get(get_origin(kind) or kind, ("", ()))
            if name and type(value) not in taken:
                raise PydanticCustomError("json_type", "Send a JSON {name}.", {"name": name})
            if kind is date and value is not None and not _DATE.fullmatch(value):
                raise PydanticCustomError("date", "Send a date such as 2026-07-03, or null.")
            if kind is datetime and value is not None and not _MOMENT.fullmatch(value):
                raise PydanticCustomError("moment", "Send a moment with its zone: 2026-07-03T08:00:00Z, or null.")
        return value


def _asked_model(kind: ContentType[Any]) -> type[Schema]:
    """The type's brief beside the options, in one body."""
    name = "".join(part.capitalize() for part in kind.slug.split("-"))
    example = {**kind.example, "offline": False, "personal_data": "mask", "value": "normal"} if kind.example else None
    config = ConfigDict(extra="forbid", json_schema_extra={"example": example} if example else None)
    base = type(f"{name}Base", (ContentOptions, kind.brief_model), {"model_config": config, "__doc__": kind.words})
    return cast("type[Schema]", create_model(f"{name}Asked", __base__=base, __doc__=kind.words))


def _operation(kind: ContentType[Any]) -> Operation:
    model = _asked_model(kind)

    async def ask(request: HttpRequest, asked: Any) -> HttpResponseBase:
        body = json.loads(request.body)
        brief = asked.model_dump(mode="json", exclude=set(ContentOptions.model_fields))

        def make(asker: Asker, wish: answering.Wish) -> Job:
            options = answering.options_of(
                wish,
                offline=asked.offline,
                mask=asked.personal_data == "mask",
                value=value_of(asked.value),
                due_at=asked.due_at,
            )
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
