"""An e-mail's text laid out: HTML by MJML, plain text, files for mail tools, and what would go wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import mrml
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketing.models import Variant

# Gmail clips a message beyond this, and the unsubscribe link with it.
LONGEST_HTML = 102 * 1024
# What stands for the unsubscribe address in each tool, and for the address in a List-Unsubscribe header.
UNSUBSCRIBE = {
    "eml": "https://example.com/unsubscribe?token={{token}}",
    "html": "https://example.com/unsubscribe?token={{token}}",
    "mailchimp": "*|UNSUB|*",
    "listmonk": "{{ UnsubscribeURL }}",
}
TOOLS: dict[str, Promise] = {
    "eml": gettext_lazy("As .eml"),
    "html": gettext_lazy("As .html"),
    "mailchimp": gettext_lazy("For Mailchimp"),
    "listmonk": gettext_lazy("For listmonk"),
}


@dataclass(frozen=True, slots=True)
class Mail:
    """A finished e-mail. `subject` is the first of its subjects."""

    subject: str
    preheader: str
    html: str
    text: str


def laid_out(variant: Variant, tool: str = "html", *, dark: bool = False) -> Mail:
    """A variant's fields as an e-mail for one of `TOOLS`. `dark`: as mail programs in dark mode show it."""
    brief, values = variant.root.brief, variant.fields
    shown: dict[str, Any] = {
        "language": variant.language,
        "subject": _first(values, "subjects"),
        "preheader": _first(values, "preheader"),
        "headline": _first(values, "headline"),
        "paragraphs": values.get("paragraphs", []),
        "points": values.get("points", []),
        "button": _first(values, "button"),
        "closing": _first(values, "closing"),
        "unsubscribe": UNSUBSCRIBE[tool],
        "dark": dark,
        **{name: str(brief.get(name) or "") for name in ("link", "image", "image_alt", "sender", "postal_address")},
    }
    with translation.override(variant.language):
        shown["unsubscribe_words"] = _("Unsubscribe")
        mjml = render_to_string("marketing/mail/newsletter.mjml", shown)
        text = _plain(shown)
    return Mail(shown["subject"], shown["preheader"], str(mrml.to_html(mjml).content), text)


def as_eml(mail: Mail, sender: str) -> bytes:
    """The message as a file that mail programs open as a draft (RFC 5322), with one-click unsubscribing (RFC 8058)."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = mail.subject
    if sender:
        message["X-Sender-Name"] = sender
    # Outlook and Apple Mail open it for editing.
    message["X-Unsent"] = "1"
    message["List-Unsubscribe"] = f"<{UNSUBSCRIBE['eml']}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message.as_bytes()


def faults(variant: Variant) -> list[str]:
    """What keeps the e-mail from arriving well, in the reader's language."""
    mail, brief = laid_out(variant), variant.root.brief
    seen = _Seen()
    seen.feed(mail.html)
    size = len(mail.html.encode())
    found: list[tuple[bool, Callable[[], str]]] = [
        (
            size > LONGEST_HTML,
            lambda: _("The mail has %(size)d KB; Gmail cuts it at 102 KB. Shorten it.") % {"size": size // 1024},
        ),
        (seen.without_alt, lambda: _("The picture has no description. Say what it shows.")),
        (seen.bad_links, lambda: _("A link in the mail is no web address.")),
        (not brief.get("link"), lambda: _("There is no link, so the button is left out.")),
        (not brief.get("sender"), lambda: _("The sender is missing in the foot of the mail.")),
        (not brief.get("postal_address"), lambda: _("The postal address is missing in the foot of the mail.")),
    ]
    return [words() for wrong, words in found if wrong]


def _first(values: Mapping[str, Sequence[str]], name: str) -> str:
    return str(next(iter(values.get(name, ())), ""))


def _plain(shown: Mapping[str, Any]) -> str:
    points = "\n".join(f"- {point}" for point in shown["points"])
    button = f"{shown['button']}: {shown['link']}" if shown["button"] and shown["link"] else shown["link"]
    foot = "\n".join(part for part in (shown["sender"], shown["postal_address"]) if part)
    leave = f"{shown['unsubscribe_words']}: {shown['unsubscribe']}"
    blocks = [shown["headline"], *shown["paragraphs"], points, button, shown["closing"], "--", foot, leave]
    return "\n\n".join(block for block in blocks if block) + "\n"


class _Seen(HTMLParser):
    """What a checker looks at in the finished HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.without_alt = False
        self.bad_links = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img" and not given.get("alt"):
            self.without_alt = True
        if tag == "a" and urlsplit(given.get("href") or "").scheme not in {"http", "https"}:
            self.bad_links = True
