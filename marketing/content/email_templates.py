"""E-mails: subjects with a preheader, a body in sections; laid out by `marketing.content.mail`."""

from __future__ import annotations

from typing import Any, ClassVar

from marketing.content.sheets.briefs import EmailBrief
from marketing.content.sheets.kind import SheetType


class EmailTemplates(SheetType[EmailBrief]):
    """E-mails for a list of addressees."""

    slug: ClassVar[str] = "email-templates"
    brief_model = EmailBrief
    words: ClassVar[str] = "E-mails with subjects, preheader and body"
    example: ClassVar[dict[str, Any]] = {
        "subject": "release",
        "title": "Żółte światło",
        "creator": "Ćma i Gęślarze",
        "facts": ["Drugi album kwartetu z Łodzi", "Winyl w nakładzie 300 sztuk"],
        "date": "2027-01-15",
        "link": "https://example.com/zolte-swiatlo",
        "language": "pl",
        "sender": "Hardban Records",
        "postal_address": "ul. Wąska 4, 50-001 Wrocław",
        "platforms": ["newsletter"],
        "variants": 1,
    }
