"""Fields of the Lab API that take their documented JSON type and nothing that merely looks like it."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from ninja import Field
from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def typed(*kinds: type) -> BeforeValidator:
    """A program says what it means: a number comes as a number."""

    def check(value: Any) -> Any:
        if type(value) not in kinds:
            raise PydanticCustomError("json_type", "Send the documented JSON type.")
        return value

    return BeforeValidator(check)


def _written(value: Any) -> Any:
    """A day as RFC 3339 writes it; pydantic would take seconds since 1970 as well."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise PydanticCustomError("date", "Send a date such as 2026-07-03.")
    return value


# Money and counts have no smaller parts; what is left of them would only overflow.
Amount = Annotated[float, Field(ge=0, le=1e12), typed(int, float), AfterValidator(lambda value: round(value, 6))]
Day = Annotated[date, BeforeValidator(_written)]
Name = Annotated[str, Field(max_length=300)]
