"""`/api/v1/ai/optimization/{music-metadata,book-metadata}`: what stores would refuse, and how to mend it."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from asgiref.sync import sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from ninja import Field, Router, Schema
from pydantic import ConfigDict

from marketing import services
from marketing.api import answering, shapes
from marketing.api.typed import typed
from marketing.longwork.suggestions import MetadataSuggestions
from marketing.metadata import checking
from marketing.metadata.rules import Destination, Finding
from marketing.models import Job
from marketing.records import known
from marketing.services import Asker
from marketing.suggesting import Proposal, label_of, propose, value_at
from providers.access import LabDoor, Permission, Scope

# The catalogue's own names for the rules' kinds.
_KINDS = {"music": "release", "book": "book"}
router = Router(tags=["Optimization"], auth=LabDoor(Scope.OPTIMIZATION, Permission.MAKE))

_RELEASE: dict[str, Any] = {
    "title": "Nocny pociąg do Łodzi",
    "type": "single",
    "artists": [{"name": "Zorza", "role": "primary"}],
    "label": "Hardban Records Lab",
    "upc": "5901230000042",
    "release_date": "2026-12-18",
    "genre": "Pop",
    "title_language": "pl",
    "c_line": "2026 Hardban Records Lab",
    "p_line": "2026 Hardban Records Lab",
    "explicit": "not_explicit",
    "tracks": [
        {
            "number": 1,
            "title": "Nocny pociąg do Łodzi",
            "artists": [{"name": "Zorza", "role": "primary"}],
            "isrc": "PLH9A2600003",
            "duration_s": 198,
            "composers": ["Anna Maria Kowalska"],
            "lyricists": ["Jan Nowak"],
            "lyrics_language": "pl",
            "explicit": "not_explicit",
        }
    ],
}
_BOOK: dict[str, Any] = {
    "title": "Cisza nad jeziorem",
    "isbn13": "9788324000012",
    "format": "epub",
    "product_form": "ED",
    "product_form_detail": ["E101"],
    "publisher": "Hardban Lab",
    "country": "PL",
    "contributors": [{"role": "A01", "name": "Maria Wilk"}],
    "language": "pol",
    "publication_date": "2027-02-10",
    "thema": ["FF", "1DTP"],
    "keywords": ["kryminał z Mazur", "zaginięcie nastolatki"],
    "description": "<p>Kiedy lód pęka, jezioro oddaje to, co zabrało dwadzieścia lat temu.</p>",
    "price": 34.99,
    "currency": "PLN",
    "price_type": "02",
    "tax_rate": 5,
    "accessibility": ["EPUB accessibility 1.1"],
}


class _Asked(Schema):
    language: Literal["pl", "en"] = Field("en", description="Of the messages and reasons.")
    suggest: Annotated[bool, typed(bool)] = Field(
        False,
        description="Also suggest values, as the entry’s page does: a provider is asked and picks from the code lists; "
        "when none answers, the lists do. `Prefer: respond-async` then brings a job with the suggestions alone.",
    )


class ReleaseAsked(_Asked):
    """A release as its rules read it; what is missing or of another kind reads as empty."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"record": _RELEASE, "destination": None, "language": "en"}}
    )

    record: dict[str, Any]
    destination: Literal["apple", "spotify", "distributors"] | None = Field(None, description="Only its rules.")


class BookAsked(_Asked):
    """A book as its rules read it; what is missing or of another kind reads as empty."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"record": _BOOK, "destination": None, "language": "en"}}
    )

    record: dict[str, Any]
    destination: Literal["kdp", "empik", "libraries"] | None = Field(None, description="Only its rules.")


class FixOut(Schema):
    """A value that can stand there instead without changing what is meant."""

    where: str
    value: Any = Field(None, description="The value, in the kind of the field.")


class FindingOut(Schema):
    """One fault: the rule that it breaks, where, how bad, and the fix where one is safe."""

    rule: str = Field(description="M01 to M33 or B01 to B29.")
    level: Literal["error", "warn", "fix"] = Field(description="Stores refuse an error; a fix is safe unasked.")
    message: str
    where: str = Field(description="The field, such as `tracks.0.title`.")
    source: str
    fix: FixOut | None


class GainOut(Schema):
    """What mending one rule adds to the score."""

    rule: str
    points: int


class ChoiceOut(Schema):
    """One value of a suggested list."""

    value: str
    label: str = Field(description="A code’s heading; empty for what is no code.")
    reason: str


class SuggestionOut(Schema):
    """A value for one field. Codes are always of the trade’s lists."""

    where: str = Field(description="The field, such as `thema` or `tracks.0.title`.")
    today: Any = Field(None, description="What the record has there.")
    value: Any = Field(None, description="What is suggested, in the kind of the field.")
    reason: str
    source: Literal["model", "lists", "rule"]
    choices: list[ChoiceOut] = Field(description="Of a list: what it may be chosen from, suggested or not.")


class MetadataOut(Schema):
    """What a record breaks. `score` is 100 without a finding; `gains` names what would raise it most, first."""

    score: int
    ready: bool = Field(description="No error: stores would take it.")
    findings: list[FindingOut]
    gains: list[GainOut]
    fixed: dict[str, Any] = Field(description="The record with every fix of level `fix` made.")
    suggestions: list[SuggestionOut] = Field(description="Empty unless `suggest` asks for them.")


def shown(finding: Finding) -> FindingOut:
    """A finding as the API shows it, in the present language."""
    fix = finding.fault.fix
    return FindingOut(
        rule=finding.rule.id,
        level=finding.level.value,
        message=finding.message,
        where=finding.where,
        source=finding.rule.source,
        fix=FixOut(where=".".join(map(str, fix.path)), value=fix.value) if fix else None,
    )


def _checked(kind: str, body: bytes, asked: ReleaseAsked | BookAsked) -> MetadataOut:
    # As it was sent: pydantic would make of 34.0 what it likes.
    record = json.loads(body)["record"]
    context = known(kind)
    destination = Destination(asked.destination) if asked.destination else None
    with translation.override(asked.language):
        report = checking.check(kind, record, context, destination)
        findings = [shown(finding) for finding in report.findings]
    gains = [GainOut(rule=rule, points=points) for rule, points in report.costs().items()]
    mended, _made = checking.fixed(kind, record, context)
    return MetadataOut(
        score=report.score, ready=report.is_ready, findings=findings, gains=gains, fixed=mended, suggestions=[]
    )


def _suggested(kind: str, body: bytes, asked: ReleaseAsked | BookAsked, client_id: int | None) -> list[SuggestionOut]:
    record = json.loads(body)["record"]
    found = propose(_KINDS[kind], record, asked.language, context=known(kind), client_id=client_id)
    with translation.override(asked.language):
        return [_shown_suggestion(record, one) for one in found.proposals]


def _shown_suggestion(record: dict[str, Any], one: Proposal) -> SuggestionOut:
    return SuggestionOut(
        where=one.field,
        today=value_at(record, one.field),
        value=one.value,
        reason=one.reason,
        source=one.source.value,
        choices=[
            ChoiceOut(value=item.value, label=label_of(one.field, item.value), reason=item.reason) for item in one.items
        ],
    )


async def _answer(request: HttpRequest, kind: str, asked: ReleaseAsked | BookAsked) -> MetadataOut | HttpResponseBase:
    if asked.suggest and answering.Wish.of(request).background:
        brief = {
            "kind": _KINDS[kind],
            "record": json.loads(request.body)["record"],
            "language": asked.language,
        }

        def make(asker: Asker, _wish: answering.Wish) -> Job:
            return services.request_long_work(asker, MetadataSuggestions.slug, "metadata", brief)

        return await answering.answer(request, brief, make)
    told = await sync_to_async(_checked)(kind, request.body, asked)
    if asked.suggest:
        client_id = answering.asker_of(request).client_id
        told.suggestions = await sync_to_async(_suggested, thread_sensitive=False)(kind, request.body, asked, client_id)
    return told


_ANSWERS: dict[int, Any] = {200: MetadataOut, 202: shapes.JobOut}


@router.post("/ai/optimization/music-metadata", response=_ANSWERS, summary="Check a release’s metadata")
async def music_metadata(request: HttpRequest, asked: ReleaseAsked) -> MetadataOut | HttpResponseBase:
    """Every rule that the release breaks (M01 to M33), what raises its score most, and the record with safe fixes made.

    Names are held against the artists of the catalogue.
    """
    return await _answer(request, "music", asked)


@router.post("/ai/optimization/book-metadata", response=_ANSWERS, summary="Check a book’s metadata")
async def book_metadata(request: HttpRequest, asked: BookAsked) -> MetadataOut | HttpResponseBase:
    """Every rule that the book breaks (B01 to B29), what raises its score most, and the record with safe fixes made."""
    return await _answer(request, "book", asked)
