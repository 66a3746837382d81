"""When a report by e-mail is due, and who of several processes may send it.

A claim is one conditional UPDATE with a lease, so two processes never send the same one, and what a killed process had
claimed goes to the next. Mail cannot be taken back: a process that dies between the server's yes and its own note is
followed by a second message, with the same Message-ID, by which mail programs know it as the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from providers.models import ReportMail

# On the desk's clock. The sums of an hour are whole a minute after it.
SENT_AT = time(7, 0)
_SUMMED_UP_AFTER = timedelta(minutes=5)
# Longer than a mail server may take (settings.EMAIL_TIMEOUT for each step).
LEASE = timedelta(minutes=5)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=6)
DAYS = {ReportMail.Rhythm.DAILY: 1, ReportMail.Rhythm.WEEKLY: 7, ReportMail.Rhythm.MONTHLY: 30}


@dataclass(frozen=True, slots=True)
class Claimed:
    """The right to send one report: over so many days until a moment."""

    mail: ReportMail
    ends_at: datetime

    @property
    def days(self) -> int:
        """How long its span is."""
        return DAYS[ReportMail.Rhythm(self.mail.rhythm)]


def following(rhythm: str, after: datetime) -> datetime:
    """The first moment later than `after` at which a report of this rhythm is due."""
    local = timezone.localtime(after)
    day = local.date() if local.time() < SENT_AT else local.date() + timedelta(days=1)
    while not _falls_on(rhythm, day.weekday(), day.day):
        day += timedelta(days=1)
    return datetime.combine(day, SENT_AT, local.tzinfo)


def _falls_on(rhythm: str, weekday: int, day: int) -> bool:
    if rhythm == ReportMail.Rhythm.WEEKLY:
        return weekday == 0
    return rhythm != ReportMail.Rhythm.MONTHLY or day == 1


def claim_due(now: datetime) -> Claimed | None:
    """Take the report that has waited longest; None where none is due. `now` is the database's clock."""
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    for mail in ReportMail.objects.filter(free, next_at__lte=now - _SUMMED_UP_AFTER).order_by("next_at"):
        taken = ReportMail.objects.filter(free, pk=mail.pk, next_at=mail.next_at, rhythm=mail.rhythm).update(
            lease_until=now + LEASE, tries=F("tries") + 1
        )
        if taken:
            return Claimed(mail, _latest(mail, now))
    return None


def _latest(mail: ReportMail, now: datetime) -> datetime:
    """After a time without a worker only the newest report is sent, not each that was missed."""
    ends_at = mail.next_at
    while (later := following(mail.rhythm, ends_at)) <= now - _SUMMED_UP_AFTER:
        ends_at = later
    return ends_at


def sent(claimed: Claimed, now: datetime) -> None:
    """The server has taken it; the next one is due at its time."""
    _held(claimed).update(
        next_at=following(claimed.mail.rhythm, claimed.ends_at), lease_until=None, tries=0, sent_at=now, last_error=""
    )


def skipped(claimed: Claimed) -> None:
    """Its reader may see no figures at present."""
    _held(claimed).update(next_at=following(claimed.mail.rhythm, claimed.ends_at), lease_until=None, tries=0)


def failed(claimed: Claimed, why: str, now: datetime) -> None:
    """The server did not take it: again after a pause that grows, until the next report takes its place."""
    pause = min(_FIRST_PAUSE * 2 ** min(claimed.mail.tries, 10), _LONGEST_PAUSE)
    _held(claimed).update(lease_until=now + pause, last_error=why[:200])


def _held(claimed: Claimed) -> QuerySet[ReportMail]:
    """Nothing, where its person changed it meanwhile."""
    mail = claimed.mail
    return ReportMail.objects.filter(pk=mail.pk, next_at=mail.next_at, rhythm=mail.rhythm)
