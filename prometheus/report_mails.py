"""The performance report as an e-mail: the page's own figures as HTML and text, with the CSV attached."""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException

import mrml
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from marketing import clock
from providers.access import Permission, may
from providers.admin.report_pages import as_csv
from providers.models import ReportMail
from providers.monitoring import mailed
from providers.monitoring.reports import Report, report

logger = logging.getLogger(__name__)
# The CSV has them all.
_MOST_LINES = 25


def send_due() -> int:
    """Send every report that is due; how many went out."""
    count = 0
    while claimed := mailed.claim_due(clock.now()):
        if not may(claimed.mail.user, Permission.SEE_REPORTS):
            mailed.skipped(claimed)
            continue
        try:
            message(claimed).send()
        except (SMTPException, OSError) as error:
            logger.warning("the report for %s could not be mailed: %s", claimed.mail.user_id, type(error).__name__)
            mailed.failed(claimed, f"{type(error).__name__}: {error}", clock.now())
            continue
        mailed.sent(claimed, clock.now())
        count += 1
    return count


def message(claimed: mailed.Claimed) -> EmailMultiAlternatives:
    """The e-mail in its reader's language."""
    mail = claimed.mail
    # Up to the moment and not with it: the hour that begins there belongs to the next report.
    found = report(claimed.days, mail.by, claimed.ends_at - timedelta(microseconds=1), step_latencies=False)
    with translation.override(mail.language):
        shown = _shown(mail, claimed, found)
        html = mrml.to_html(render_to_string("monitoring/mail/report.mjml", shown)).content
        sent = EmailMultiAlternatives(
            subject=str(shown["subject"]),
            body=render_to_string("monitoring/mail/report.txt", shown),
            to=[mail.address],
            headers={
                "Message-ID": f"<report.{mail.pk}.{claimed.ends_at:%Y%m%d}@{_sender_host()}>",
                "Auto-Submitted": "auto-generated",
                "List-Unsubscribe": f"<{shown['change']}>",
            },
        )
    sent.attach_alternative(str(html), "text/html")
    name = f"prometheus-{mail.by}-{timezone.localtime(claimed.ends_at):%Y-%m-%d}.csv"
    sent.attach(name, as_csv(found), "text/csv")
    return sent


def _shown(mail: ReportMail, claimed: mailed.Claimed, found: Report) -> dict[str, object]:
    until = timezone.localtime(claimed.ends_at)
    since = timezone.localtime(found.since)
    span = _("%(since)s to %(until)s") % {"since": f"{since:%d.%m.%Y %H:%M}", "until": f"{until:%d.%m.%Y %H:%M}"}
    return {
        "subject": _("Prometheus AI: performance, %(span)s") % {"span": span},
        "language": mail.language,
        "span": span,
        "report": found,
        "lines": found.lines[:_MOST_LINES],
        "more": max(0, len(found.lines) - _MOST_LINES),
        "kind": mail.get_by_display(),
        "page": f"{_base()}{reverse('reports')}?days={claimed.days}&by={mail.by}",
        "change": f"{_base()}{reverse('report_mail')}",
    }


def _base() -> str:
    return (settings.PUBLIC_URL or f"http://127.0.0.1:{settings.PORT}").rstrip("/")


def _sender_host() -> str:
    return str(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2].strip("> ") or "localhost"
