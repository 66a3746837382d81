"""Files in a browser: whole records imported, audio compared, a cover checked; on a phone, in both languages."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from marketing.exchange.tracks import as_tracks
from tests import audio
from tests.browser import desk
from tests.metadata.test_covers import picture
from tests.metadata.test_music_rules import release
from tests.product import Product

WORDS = {
    "pl": (
        "Pokaż, co zrobi import",
        "Zapisz",
        "Porównaj z rekordem",
        "Sprawdź okładkę",
        "Okładka musi być kwadratowa.",
    ),
    "en": ("Show what it would do", "Store", "Compare with the record", "Check the cover", "It must be square."),
}


@pytest.mark.parametrize(("language", "width"), [("pl", 390), ("en", 1440)])
def test_records_audio_and_a_cover_come_from_files(
    live_product: Product, page: Page, axe: Callable[[Page], list[str]], language: str, width: int
) -> None:
    show, store, compare, check, square = WORDS[language]
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_product.address}])
    desk.sign_in(page, live_product)
    title = f"Zorza {language}"
    record = release() | {"title": title, "upc": ""}
    ill = release() | {"title": "Zły kod", "upc": "5901234123458"}

    def good() -> None:
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=f"{folder}/{language}-{len(list(Path(folder).iterdir()))}.png", full_page=True)

    page.goto(f"{live_product.address}/catalogue/import/records/")
    good()
    table = as_tracks([record, ill]).encode()
    page.locator("#file").set_input_files({"name": "tabela.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_role("button", name=show).press("Enter")
    expect(page.get_by_role("cell", name="Zły kod")).to_be_visible()
    good()
    page.get_by_role("button", name=store, exact=True).press("Enter")
    page.wait_for_url(re.compile("/jobs/"))
    page.locator("main a[href*='/catalogue/import/records/']").first.click(timeout=60_000)
    expect(page.get_by_role("cell", name=title)).to_be_visible()
    good()
    page.goto(f"{live_product.address}/catalogue/releases/?q={title}")
    page.get_by_role("link", name=title, exact=True).click()
    page.goto(page.url.replace("/releases/", "/media/release/"))
    sound = audio.flac(60, TITLE=release()["tracks"][0]["title"], ISRC="PLH9A2600044")
    page.locator("#files").set_input_files({"name": "1.flac", "mimeType": "audio/flac", "buffer": sound})
    page.get_by_role("button", name=compare).press("Enter")
    expect(page.locator("[name=take]")).to_have_count(2)
    cover = picture("PNG", (3000, 3010))
    page.locator("#file").set_input_files({"name": "c.png", "mimeType": "image/png", "buffer": cover})
    page.get_by_role("button", name=check).press("Enter")
    expect(page.get_by_text(square)).to_be_visible()
    good()
