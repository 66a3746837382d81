"""The capacity pages in a browser: bars that compare, a preview, a story; for everybody's eyes and hands."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.product import Product, serving
from tests.upstream import Upstream, answers, rate_limited

_PROVIDERS = """
[[provider]]
slug = "{slug}"
name = "{name}"
protocol = "openai"
tier = "free"
base_url = "{url}"
priority = {priority}
api_keys = ["planted-key-0123456789abcdef"]
allow_private_address = true
{limits}

[[provider.model]]
id = "small"
capabilities = ["text-generation"]
"""
_LIMITS = "[provider.limits]\nrequests_per_minute = 30\nrequests_per_day = {day}\ntokens_per_day = 200000\n"
# Two weeks of use and today's, so much that the second provider's few requests will not last the hour.
_PAST = """
from datetime import timedelta
from django.utils import timezone
from providers.models import Attempt, Provider
now = timezone.now()
provider = Provider.objects.get(slug="roomy")
Attempt.objects.bulk_create(
    Attempt(provider=provider, provider_slug="roomy", model_id="small", outcome="answered", latency_ms=800,
        feature="social-posts", prompt_tokens=300, completion_tokens=200, reason="priority 2, quality 2",
        started_at=(now - timedelta(days=day)).replace(hour=hour, minute=20))
    for day in range(15) for hour in range(24) for _ in range(40)
    if day or hour < now.hour
)
"""
_SEEN = """
from django.utils import timezone
from providers.models import Bucket
now = timezone.now()
Bucket.objects.filter(provider__slug="roomy", period="day", metric="requests").update(
    seen_limit=120, seen_at=now.timestamp(), seen_source="header", drift=3)
"""


@pytest.fixture
def seeded(tmp_path: Path) -> Iterator[Product]:
    """A product whose first provider is spent and whose second one has answered and will run out."""
    with Upstream() as upstream, serving(tmp_path / "data") as product:
        rows = [
            ("busy", "Zażółć Cloud", upstream.add("busy", rate_limited(3000)), 50),
            ("roomy", "Roomy", upstream.add("roomy", answers("Dzień dobry")), 4),
        ]
        file = tmp_path / "providers.toml"
        file.write_text(
            "".join(
                _PROVIDERS.format(slug=slug, name=name, url=url, priority=place, limits=_LIMITS.format(day=day))
                for place, (slug, name, url, day) in enumerate(rows, start=1)
            )
        )
        product.manage("load_providers", str(file))
        ask = (
            "import asyncio\nfrom providers.orchestrator import Task, complete\n"
            "from providers.types import ChatRequest, Message, Role\n"
            "request = ChatRequest((Message(Role.USER, 'Hi'),), max_tokens=50)\n"
            "asyncio.run(complete(Task('test'), request, check=lambda text, _last: text))\n"
        )
        for script in (_PAST, ask, _SEEN):
            product.manage("shell", "-c", script)
        yield product


def _look(page: Page, name: str) -> None:
    """Pictures for a person who asks for them."""
    folder = os.environ.get("PICTURES")
    ways = itertools.product(("en", "pl"), (1440, 390), ("light", "dark"))
    for language, width, scheme in ways if folder else ():
        page.context.add_cookies([{"name": "django_language", "value": language, "url": urljoin(page.url, "/")}])
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(page.url)
        page.screenshot(path=f"{folder}/{name}-{language}-{width}-{scheme}.png", full_page=True)


def test_the_board_the_policy_and_a_story(seeded: Product, page: Page, axe: Callable[[Page], list[str]]) -> None:
    desk.sign_in(page, seeded)
    page.goto(f"{seeded.address}/capacity/")
    expect(page.get_by_text("Gotowych dostawców: 1 z 2.")).to_be_visible()
    expect(page.locator(".band-offline").filter(has_text="Zapytania na dzień")).to_be_visible()
    assert axe(page) == []
    _look(page, "board")
    page.get_by_role("button", name="Przejmij").first.click()
    expect(page.get_by_text("z 120")).to_be_visible()

    page.get_by_role("link", name="Zasady kierowania").click()
    page.get_by_label("Unikaj wolnych").fill("0")
    page.get_by_role("button", name="Podgląd skutków").click()
    expect(page.get_by_role("table")).to_contain_text("busy/small")
    assert axe(page) == []
    _look(page, "policy")

    page.goto(f"{seeded.address}/capacity/requests/")
    assert axe(page) == []
    _look(page, "requests")
    page.locator("a.row-title").first.click()
    page.wait_for_url(re.compile("/capacity/requests/.+/"))
    expect(page.locator("ol.story-steps > li")).to_have_count(2)
    assert axe(page) == []
    _look(page, "story")
