"""What the tests of the administrator's pages share: addresses, forms as a browser sends them, and a record."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse

from providers.models import Attempt, Provider

SECRET = "gsk-planted-Zx81-not-to-be-found-9876"
OTHER = "gsk-second-Yw92-not-to-be-found-1234"


def url(name: str, *arguments: Any) -> str:
    return reverse(f"admin:providers_{name}", args=arguments)


def text(client: Client, address: str, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200, address
    return answer.content.decode()


class Controls(HTMLParser):
    """What a browser would send back from a page's forms without any change."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._choice = self._text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        name, value = facts.get("name") or "", facts.get("value") or ""
        if tag == "input" and name and facts.get("type") != "submit":
            if facts.get("type") not in {"checkbox", "radio"} or "checked" in facts:
                self.values.setdefault(name, []).append(value or ("on" if "checked" in facts else ""))
        elif tag == "select":
            self._choice = name
        elif tag == "option" and self._choice and "selected" in facts:
            self.values[self._choice] = [value]
        elif tag == "textarea":
            self._text = name

    def handle_data(self, data: str) -> None:
        if self._text:
            self.values.setdefault(self._text, []).append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""
        elif tag == "select":
            self._choice = ""


def submit(client: Client, address: str, **changes: Any) -> Any:
    data = Controls(text(client, address)).values
    return client.post(address, data | {name.replace("__", "-"): value for name, value in changes.items()})


def happened(groq: Provider, **facts: Any) -> Attempt:
    return Attempt.objects.create(
        **{"provider": groq, "provider_slug": groq.slug, "model_id": "m", "outcome": "answered"} | facts
    )


def act(client: Client, name: str, page: str, *rows: int) -> None:
    answer = client.post(url(page), {"action": name, "_selected_action": rows})
    assert answer.status_code == 302


def words(page: str) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def state(client: Client) -> str:
    """What the list says of the first provider, after the sign that stands beside the colour."""
    found = re.search(r'class="field-state">(.*?)</td>', text(client, url("provider_changelist")), re.DOTALL)
    assert found
    sign, _, said = words(found[1]).partition(" ")
    assert sign in {"●", "◐", "✕", "○"}
    return said
