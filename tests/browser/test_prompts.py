"""An administrator changes a prompt in the browser: a broken change is explained, a good one tried and switched."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.product import Product

WORDS = {
    "pl": ("Prompty", "Wypróbuj zmianę", "Włącz", "w użyciu", "używany wcześniej", "nic nie przepadło"),
    "en": ("Prompts", "Try the change", "Switch it on", "in use", "used before", "nothing is lost"),
}


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        for theme in ("light", "dark"):
            for width in (1440, 390):
                page.emulate_media(color_scheme=theme)
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=Path(folder) / f"{name}-{theme}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.parametrize("language", ["pl", "en"])
def test_a_prompt_is_changed_tried_and_switched_on_and_back(
    live_product: Product,
    page: Page,
    sign_in: Callable[[Page], None],
    axe: Callable[[Page], list[str]],
    language: str,
) -> None:
    heading, try_, on, in_use, former, nothing_lost = WORDS[language]
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_product.address}])
    sign_in(page)
    page.goto(f"{live_product.address}/prompts/")
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert axe(page) == []
    shoot(page, f"overview-{language}")

    page.goto(f"{live_product.address}/prompts/ad-copy/{language}/")
    text = page.locator("#text")
    good = text.input_value()
    text.fill(good.replace("$shape", ""))
    page.get_by_role("button", name=try_).click()
    expect(page.get_by_role("alert")).to_contain_text(nothing_lost)
    assert "$shape" not in text.input_value()
    assert axe(page) == []
    shoot(page, f"edit-{language}")

    text.fill(good.replace('system = """\n', 'system = """\nShort sentences first.\n', 1))
    page.locator("#note").fill("calmer")
    page.get_by_role("button", name=try_).click()
    expect(page.locator("ins").first).to_contain_text("Short sentences first.")
    # Nobody is connected here: once the worker has been round, both sides say so.
    with page.expect_response(lambda answer: answer.ok):
        page.reload()
    expect(page.locator("#trial-title")).to_be_visible()
    assert axe(page) == []
    shoot(page, f"change-{language}")
    page.get_by_role("button", name=on).click()
    expect(page.locator(".page-head .badge-s")).to_have_text(in_use)
    page.locator("button[value=back]").click()
    expect(page.locator(".page-head .badge-s")).to_have_text(former)
