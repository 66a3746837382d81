"""The errors page in a browser: what changed, in numbers, and a trend beside each cause."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.product import Product

_PAST = """
from datetime import timedelta
from django.utils import timezone
from providers.models import ErrorGroup, ErrorHour, Rollup
from providers.monitoring.rollups import hour_of
now = timezone.now()
for hours, failed in ((2, 40), (30, 4)):
    at = hour_of(now) - timedelta(hours=hours)
    Rollup.objects.create(
        grain="hour", starts_at=at, provider_slug="planted", model_id="m", feature="ad-copy", requests=90,
        attempts=90, answered=90 - failed, failed=failed,
    )
group = ErrorGroup.objects.create(
    fingerprint="planted", source="provider", error_class="Overloaded", title="planted: too busy",
    provider_slug="planted", http_status=503, count=44, first_seen=now - timedelta(days=9), last_seen=now,
    reopened=1, reopened_at=now - timedelta(hours=2),
)
ErrorHour.objects.create(group=group, starts_at=hour_of(now) - timedelta(hours=2), count=40)
ErrorHour.objects.create(group=group, starts_at=hour_of(now) - timedelta(hours=30), count=4)
"""


def test_the_errors_page_says_what_fails_more_often_and_how_sure_that_is(
    page: Page, live_product: Product, sign_in: Callable[[Page], None], axe: Callable[[Page], list[str]]
) -> None:
    live_product.manage("shell", "-v", "0", "-c", _PAST)
    sign_in(page)
    page.goto(f"{live_product.address}/monitoring/errors/")
    table = page.get_by_role("group", name="Co się zmieniło")
    provider = table.get_by_role("row").filter(has_text="dostawca: planted")
    expect(provider).to_contain_text("zawodzi częściej")
    expect(provider).to_contain_text("40 / 90")
    expect(page.get_by_text("było rozwiązane, wróciło")).to_be_visible()
    expect(page.get_by_role("img", name="Ostatnie 14 dni, dzisiaj na końcu:").first).to_be_visible()
    for scheme, width in (("light", 1200), ("dark", 390)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert axe(page) == []
    page.get_by_role("link", name="7 dni a 7 poprzednich").press("Enter")
    expect(page.get_by_role("link", name="7 dni a 7 poprzednich")).to_have_attribute("aria-current", "true")
