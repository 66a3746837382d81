"""The catalogue in a real browser: an entry whose draft survives, its facts, and a table that is imported."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.product import Product

SignIn = Callable[[Page], None]
Axe = Callable[[Page], list[str]]


def test_an_entry_survives_a_closed_tab_and_gets_its_facts_in_polish(
    page: Page, live_product: Product, sign_in: SignIn, axe: Axe
) -> None:
    sign_in(page)
    page.goto(f"{live_product.address}/catalogue/artists/new/")
    page.get_by_label("Nazwa", exact=False).first.fill("Żuraw Trio")
    expect(page.locator("#saved")).to_contain_text("Szkic zachowany")
    page.goto("about:blank")
    page.goto(f"{live_product.address}/catalogue/artists/new/")
    expect(page.locator("[name=name]")).to_have_value("Żuraw Trio")
    assert axe(page) == []
    page.keyboard.press("Tab")
    page.locator("[name=name]").press("Enter")
    page.wait_for_url(re.compile("/catalogue/artists/"))
    row = page.locator(".rows > li", has_text="Żuraw Trio")
    row.get_by_role("link", name="Fakty").click()
    page.locator("[name=kind]").select_option("quote")
    page.locator("[name=text]").fill("„Płyta na zimę”")
    page.get_by_role("button", name="Dodaj").click()
    expect(page.locator(".summary")).to_contain_text("Cytat i nagroda wymagają źródła")
    assert axe(page) == []
    page.locator("[name=source]").fill("Gazeta Przykładowa")
    page.locator("[name=source]").press("Enter")
    expect(page.locator(".rows")).to_contain_text("Płyta na zimę")
    assert axe(page) == []


def test_a_table_is_shown_then_stored_then_reported_in_english(
    page: Page, live_product: Product, sign_in: SignIn, axe: Axe
) -> None:
    sign_in(page)
    page.get_by_role("button", name="English").click()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_product.address}/catalogue/import/?kind=event")
    assert axe(page) == []
    table = "title,starts,city\nTest evening,2026-12-11 19:00,Gdańsk\nNo day,,Gdańsk\n"
    page.locator("#file").set_input_files({"name": "events.csv", "mimeType": "text/csv", "buffer": table.encode()})
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.locator("table")).to_contain_text("is missing")
    assert axe(page) == []
    page.get_by_role("button", name="Store 1 row").click()
    page.wait_for_url(re.compile("/jobs/"))
    page.get_by_role("link", name=re.compile("result|report", re.IGNORECASE)).first.click()
    expect(page.locator("table")).to_contain_text("Test evening")
    assert axe(page) == []
    page.goto(f"{live_product.address}/catalogue/events/?q=evening")
    expect(page.locator(".rows")).to_contain_text("Gdańsk")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
