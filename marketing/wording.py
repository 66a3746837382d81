"""Records turned into sentences: steps, failures, notes and provenance, in the reader's language and time zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from marketing.content.measure import Warn

Words = str | Promise

# Why a place did not answer, as it stands after the provider's name.
_REASONS: dict[str, Words] = {
    "RateLimit": gettext_lazy("busy"),
    "QuotaExhausted": gettext_lazy("free quota used up"),
    "NoCredit": gettext_lazy("no credit left"),
    "Authentication": gettext_lazy("key refused"),
    "ModelUnavailable": gettext_lazy("model not available"),
    "ModelForbidden": gettext_lazy("model not open to this account"),
    "RequestTooLarge": gettext_lazy("request too long for it"),
    "InvalidRequest": gettext_lazy("request refused"),
    "ContentRefused": gettext_lazy("content declined"),
    "Unavailable": gettext_lazy("not responding"),
    "Overloaded": gettext_lazy("overloaded"),
    "Network": gettext_lazy("not reachable"),
    "BrokenAnswer": gettext_lazy("answer cut short or unreadable"),
    "ForbiddenAddress": gettext_lazy("address not allowed"),
    "AnswerRejected": gettext_lazy("text did not pass our check"),
    "FallbackExhausted": gettext_lazy("nobody free"),
}
_UNTIL: dict[str, Words] = {
    "RateLimit": gettext_lazy("busy until %(time)s"),
    "QuotaExhausted": gettext_lazy("free quota used up until %(time)s"),
}

_NOTES: dict[str, Words] = {
    "shortened": gettext_lazy("Shortened at a sentence’s end to fit the limit."),
    "hashtags_dropped": gettext_lazy("Some hashtags were left out: the platform allows fewer."),
    "link_removed": gettext_lazy("A link that is not in the brief was removed."),
    "link_left_out": gettext_lazy("The link did not fit and was left out."),
    "repaired": gettext_lazy("Small faults of form were mended."),
    "title_shortened": gettext_lazy("The title was shortened to fit the limit."),
    "title_from_brief": gettext_lazy("The title was taken from the brief."),
    "unfounded_left_out": gettext_lazy("Values with claims that are not in the brief were left out."),
    "values_shortened": gettext_lazy("A value was shortened to fit its limit."),
    "tags_topped_up": gettext_lazy("Some tags are on no list: a provider added them."),
}

_WARNINGS: dict[str, Words] = {
    "over": gettext_lazy("Too long for the platform by %(number)s. Shorten it."),
    "too_long": gettext_lazy("Probably too long by %(number)s: the limit is said to be %(limit)s."),
    "long": gettext_lazy("Longer than advised by %(number)s; shorter texts do better here."),
    "too_short": gettext_lazy("The text is empty. Write at least one character."),
    "bytes_over": gettext_lazy("Too many bytes by %(number)s: emoji and letters such as ł take several. Shorten it."),
    "title_over": gettext_lazy("The title is too long by %(number)s. Shorten it."),
    "title_too_long": gettext_lazy("The title is probably too long by %(number)s: the limit is said to be %(limit)s."),
    "title_long": gettext_lazy("The title is longer than advised by %(number)s; its end may not show."),
    "title_missing": gettext_lazy("The title is missing. Write one."),
    "hashtags_over": gettext_lazy("Too many hashtags by %(number)s: the platform takes %(limit)s. Remove some."),
    "hashtags_too_many": gettext_lazy("Probably too many hashtags by %(number)s: the limit is said to be %(limit)s."),
    "hashtags_many": gettext_lazy("More hashtags than advised by %(number)s."),
    "folded": gettext_lazy("The last %(number)s characters stand behind “more”."),
    "forbidden_characters": gettext_lazy("Has characters that the platform refuses (%(number)s). Remove them."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a job's story. `tone` is `live`, `done`, `problem` or `quiet`; `icon` a symbol of the sprite."""

    text: str
    icon: str
    tone: str
    time: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """A failure in three parts: what happened, what was tried, what to do."""

    happened: str
    tried: str
    todo: str


def clock(moment: datetime) -> str:
    """Hour and minute in the local zone; the day too when it is not today."""
    local = timezone.localtime(moment)
    hour = date_format(local, "H:i")
    if local.date() == timezone.localdate():
        return hour
    return _("%(day)s, %(time)s") % {"day": date_format(local, "j E"), "time": hour}


def seconds(milliseconds: int) -> str:
    """A span such as `3.1 s`, with the language's decimal mark."""
    return f"{number_format(round(milliseconds / 1000, 1), 1)} s"


def reason(kind: str, until: datetime | None = None) -> str:
    """Why a place did not answer, with the moment of its return where that is known."""
    if until and kind in _UNTIL and until > timezone.now():
        return str(_UNTIL[kind]) % {"time": clock(until)}
    return str(_REASONS.get(kind) or _("did not answer"))


def _moment(value: str) -> datetime | None:
    try:
        return parse_datetime(value) if value else None
    except ValueError:
        return None


def _asking(_until: datetime | None, facts: dict[str, str]) -> tuple[str, str, str]:
    return _("Asking %(provider)s") % facts, "arrow-right", "live"


def _asking_again(_until: datetime | None, facts: dict[str, str]) -> tuple[str, str, str]:
    return _("Asking %(provider)s again, with the reason") % facts, "refresh", "live"


def _falling_back(until: datetime | None, facts: dict[str, str]) -> tuple[str, str, str]:
    why = reason(facts["reason"], until)
    return _("%(provider)s: %(why)s; going on to the next") % {**facts, "why": why}, "alert-triangle", "problem"


def _checking(_until: datetime | None, facts: dict[str, str]) -> tuple[str, str, str]:
    return _("Checking what %(provider)s wrote") % facts, "search", "live"


def _written(_until: datetime | None, facts: dict[str, str]) -> tuple[str, str, str]:
    if facts["known"]:
        return _("Written by %(provider)s") % facts, "check", "done"
    return _("Written"), "check", "done"


def _offline(until: datetime | None, _facts: dict[str, str]) -> tuple[str, str, str]:
    if until and until > timezone.now():
        text = _("No provider is free until %(time)s: composing an offline draft from the brief’s facts")
        return text % {"time": clock(until)}, "cloud-off", "quiet"
    return _("No provider can answer: composing an offline draft from the brief’s facts"), "cloud-off", "quiet"


def _taken_over(_until: datetime | None, _facts: dict[str, str]) -> tuple[str, str, str]:
    return _("The work was interrupted; another worker goes on where it stopped"), "refresh", "quiet"


def _waiting(until: datetime | None, _facts: dict[str, str]) -> tuple[str, str, str]:
    if until and until > timezone.now():
        return _("Waiting until %(time)s") % {"time": clock(until)}, "clock", "quiet"
    return _("Waiting for its turn"), "clock", "quiet"


_Teller = Callable[[datetime | None, dict[str, str]], tuple[str, str, str]]
_STEPS: dict[str, _Teller] = {
    "asking": _asking,
    "asking_again": _asking_again,
    "falling_back": _falling_back,
    "checking": _checking,
    "written": _written,
    "offline": _offline,
    "taken_over": _taken_over,
    "waiting": _waiting,
}


def step_line(step: Mapping[str, Any]) -> Line:
    """A recorded step in words. An unknown kind is told plainly instead of being hidden."""
    provider = str(step.get("provider") or _("a provider"))
    teller = _STEPS.get(str(step.get("kind", "")))
    part = str(step.get("part") or "")
    at = _moment(str(step.get("at") or ""))
    hour = date_format(timezone.localtime(at), "H:i:s") if at else ""
    if not teller:
        return Line(str(step.get("kind", "")), "info-circle", "quiet", hour, part)
    known = "yes" if step.get("provider") else ""
    facts = {"provider": provider, "known": known, "reason": str(step.get("reason") or "")}
    text, icon, tone = teller(_moment(str(step.get("until") or "")), facts)
    return Line(text, icon, tone, hour, part)


def note(code: str) -> str:
    """What was mended on the way, in a sentence."""
    return str(_NOTES.get(code, code))


def _failure_words(kind: str) -> tuple[str, str]:
    """What happened and what to do, for one kind of failure."""
    if kind == "ContentRefused":
        return (
            _("The provider declined to write about this."),
            _("Reword the brief: what sounds like violence, hate or adult content is often enough. Then try again."),
        )
    if kind == "InvalidRequest":
        return (
            _("The provider called our request malformed."),
            _("Try again. If it happens twice, tell an administrator: the details are in the record of attempts."),
        )
    if kind == "FallbackExhausted":
        return (
            _("No provider could answer."),
            _("Try again in a few minutes; the brief is kept."),
        )
    if kind == "WorkerLost":
        return (
            _("The work was interrupted several times."),
            _("Try again; texts that were finished are kept."),
        )
    if kind == "TooSlow":
        return (
            _("The work took too long."),
            _("Choose fewer platforms or variants and try again; texts that were finished are kept."),
        )
    if kind == "Internal":
        return (
            _("Something broke on our side"),
            _("Try again. If it happens twice, tell an administrator the time and the title of this job."),
        )
    return (
        _("The texts could not be written (%(kind)s).") % {"kind": kind or _("unknown reason")},
        _("Try again. If it happens twice, tell an administrator the time and the title of this job."),
    )


def advice(failure: Mapping[str, Any], steps: list[dict[str, Any]]) -> Advice:
    """A failed job's three parts."""
    if failure.get("kind") == "BadInput":
        return Advice(str(failure["detail"]), _("Nothing was changed."), _("Mend the input and try again."))
    happened, todo = _failure_words(str(failure.get("kind") or ""))
    asked = list(dict.fromkeys(str(step["provider"]) for step in steps if step.get("provider")))
    tried = _("Asked: %(providers)s.") % {"providers": ", ".join(asked)} if asked else _("No provider was asked.")
    return Advice(happened, tried, todo)


def attempts_count(number: int) -> str:
    """How many tries it took, in words."""
    if number <= 1:
        return _("first try")
    return ngettext("%(count)d try", "%(count)d tries", number) % {"count": number}


def provenance_line(provenance: Mapping[str, Any], *, offline: bool) -> str:
    """Who wrote a text, in one line: `Groq · gpt-oss-20b, 2 tries, 3.1 s`."""
    if provenance.get("example"):
        return _("Example, written by hand")
    if offline:
        model = provenance.get("model")
        if model:
            return _("Composed offline, worded by %(model)s on this machine") % {"model": model}
        return _("Composed offline from the brief’s facts")
    name = provenance.get("provider_name") or provenance.get("provider") or _("unknown")
    model = str(provenance.get("model") or "").rsplit("/", 1)[-1]
    facts = [
        model,
        attempts_count(len(provenance.get("attempts") or [1])),
        seconds(int(provenance.get("latency_ms") or 0)),
    ]
    return f"{name} · " + ", ".join(fact for fact in facts if fact)


def attempt_lines(provenance: Mapping[str, Any]) -> list[str]:
    """Each attempt behind a text in one line, oldest first."""
    lines = []
    for attempt in provenance.get("attempts") or []:
        name = attempt.get("provider_name") or attempt.get("provider") or "?"
        result = _("answered") if attempt.get("outcome") == "answered" else reason(str(attempt.get("error") or ""))
        status = f" (HTTP {attempt['http_status']})" if attempt.get("http_status") else ""
        lines.append(
            f"{name} · {attempt.get('model', '')}: {result}{status}, {seconds(int(attempt.get('latency_ms') or 0))}"
        )
    return lines


def hidden_line(provenance: Mapping[str, Any]) -> str:
    """What was hidden from the provider, in a sentence; empty when it was nothing."""
    kinds = [str(kind) for kind in provenance.get("masked") or []]
    counted = [words % {"number": kinds.count(kind)} for kind, words in _hidden_words(kinds) if kind in kinds]
    return _("Hidden from the provider: %(data)s.") % {"data": ", ".join(counted)} if counted else ""


def prompt_line(provenance: Mapping[str, Any]) -> str:
    """Which prompt asked for it; empty for what no provider wrote, and for texts from before this was kept."""
    asked = provenance.get("prompt") or {}
    if not asked.get("version"):
        return ""
    words = {"version": asked["version"], "digest": str(asked.get("digest", ""))[:8]}
    return _("Prompt %(version)s (%(digest)s)") % words


def kinds() -> dict[str, str]:
    """The content types by slug, as people call what they bring."""
    return {"social-posts": _("Posts"), "ad-copy": _("Ads"), "email-templates": _("E-mails"), "tags": _("Tags")}


def _hidden_words(kinds: list[str]) -> list[tuple[str, str]]:
    emails, phones, numbers = (kinds.count(kind) for kind in ("email", "phone", "pesel"))
    return [
        ("email", ngettext("%(number)d e-mail address", "%(number)d e-mail addresses", emails)),
        ("phone", ngettext("%(number)d phone number", "%(number)d phone numbers", phones)),
        ("pesel", ngettext("%(number)d PESEL number", "%(number)d PESEL numbers", numbers)),
    ]


def warning(warn: Warn) -> str:
    """What a platform will make of a text, in a sentence with the number to change."""
    facts = {"number": number_format(warn.number, use_l10n=True), "limit": number_format(warn.limit, use_l10n=True)}
    return str(_WARNINGS.get(warn.code, warn.code)) % facts
