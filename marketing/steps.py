"""What happened to a job, one step after the other, as `Job.steps` keeps it; the database itself adds to it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import F, Func, JSONField, Value
from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a job, as `Job.steps` keeps it.

    `kind`: asking, asking_again, falling_back, checking, written, offline, taken_over or waiting. `part` is a platform,
    `reason` an error's kind, `until` (ISO 8601 or empty) when the provider returns, `at` (ISO 8601) now unless given.
    """

    kind: str
    part: str = ""
    provider: str = ""
    model: str = ""
    reason: str = ""
    until: str = ""
    at: str = field(default_factory=lambda: timezone.now().isoformat())


class StepsWith(Func):
    """`steps` with one more at the end, put there by the database: nothing is read before it is written."""

    function = "json_insert"
    template = "json_insert(%(expressions)s)"
    arg_joiner = ", '$[#]', "

    def __init__(self, step: Step) -> None:
        super().__init__(F("steps"), _JSON(Value(asdict(step), JSONField())), output_field=JSONField())

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """The same in PostgreSQL's words."""
        return self.as_sql(compiler, connection, template="(%(expressions)s)", arg_joiner=" || ")


class _JSON(Func):
    """A parameter as JSON; without this SQLite would insert its text as one string."""

    function = "json"
    output_field = JSONField()

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        return self.as_sql(compiler, connection, template="%(expressions)s")
