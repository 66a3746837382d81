"""The administrator's pages in a real browser: order, tests in place, search, keyboard, phone and screen reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import desk
from tests.product import Product, serving
from tests.upstream import Upstream, answers, hangs, rate_limited, replays

_PROVIDER = """
[[provider]]
slug = "{slug}"
name = "{name}"
base_url = "{url}"
priority = {priority}
api_keys = ["sk-planted-{slug}-0123456789"]
timeout_seconds = 2
allow_private_address = true

[provider.limits]
requests_per_minute = 30

[[provider.model]]
id = "{slug}-model"
capabilities = ["text-generation"]
"""
_BAD_KEY = replays(401, {}, {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}})


def axe(page: Page) -> list[str]:
    """As for every page, but without copying style sheets: Django's import each other, which our policy hinders."""
    return desk.axe(page, preload=False)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product with four providers: one answers, one is limited, one refuses its key, one is silent."""
    folder: Path = tmp_path_factory.mktemp("house")
    with Upstream() as upstream, serving(folder / "data") as product:
        able = upstream.add("able", answers("Blue."))
        busy = upstream.add("busy", rate_limited(30))
        bad = upstream.add("bad", _BAD_KEY, routes={"GET /models": _BAD_KEY})
        mute = upstream.add("mute", hangs(), routes={"GET /models": hangs()})
        rows = [
            _PROVIDER.format(slug=slug, name=slug.title(), url=address, priority=place)
            for place, (slug, address) in enumerate({"able": able, "busy": busy, "bad": bad, "mute": mute}.items(), 1)
        ]
        (folder / "providers.toml").write_text("".join(rows))
        product.manage("load_providers", str(folder / "providers.toml"))
        yield product


@pytest.fixture
def providers(page: Page, house: Product) -> Page:
    """The list of providers, in English."""
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": house.address}])
    desk.sign_in(page, house)
    page.goto(f"{house.address}/admin/providers/provider/")
    return page


def names(page: Page) -> list[str]:
    return [name for name in page.locator("#result_list .field-name").all_inner_texts() if name != "SmolLM2"]


def move(page: Page, name: str, way: str) -> None:
    page.get_by_role("button", name=f"Move {name} {way}").click()


def open_provider(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_url(re.compile(r"/change/"))


def test_a_row_is_moved_by_its_buttons_and_the_order_stays(providers: Page) -> None:
    before = names(providers)
    move(providers, before[1], "up")
    expect(providers.locator("#said")).to_contain_text("Order saved")
    wanted = [before[1], before[0], *before[2:]]
    assert names(providers) == wanted
    assert providers.locator("input[name$='-priority']").first.input_value() == "10"
    providers.reload()
    assert names(providers) == wanted


def test_a_row_is_moved_with_the_keyboard_alone(providers: Page) -> None:
    before = names(providers)
    button = providers.get_by_role("button", name=f"Move {before[0]} down")
    button.focus()
    providers.keyboard.press("Enter")
    expect(providers.locator("#said")).to_contain_text("Order saved")
    assert names(providers) == [before[1], before[0], *before[2:]]
    expect(button).to_be_focused()


def test_a_row_is_dragged(providers: Page) -> None:
    before = names(providers)
    handles = providers.locator(".handle")
    start, end = handles.nth(0).bounding_box(), handles.nth(2).bounding_box()
    assert start
    assert end
    providers.mouse.move(start["x"] + 5, start["y"] + 5)
    providers.mouse.down()
    providers.mouse.move(end["x"] + 5, end["y"] + 10, steps=8)
    providers.mouse.up()
    expect(providers.locator("#said")).to_contain_text("Order saved")
    providers.reload()
    assert names(providers) == [before[1], before[2], before[0], *before[3:]]


def test_without_a_script_rows_move_and_tests_run_as_pages(browser: Browser, house: Product) -> None:
    context = browser.new_context(locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    desk.sign_in(page, house)
    page.goto(f"{house.address}/admin/providers/provider/")
    before = names(page)
    move(page, before[1], "up")
    expect(page.locator(".messagelist")).to_contain_text("Order saved")
    assert names(page)[:2] == [before[1], before[0]]
    page.get_by_role("button", name="Test Able now").click()
    expect(page.locator("#test-result")).to_contain_text("The key is good.")
    context.close()


def test_a_test_in_the_list_tells_its_result_and_the_new_state_in_place(providers: Page) -> None:
    row = providers.locator("#result_list tr", has=providers.get_by_role("link", name="Bad", exact=True))
    row.get_by_role("button", name="Test Bad now").click()
    expect(row.locator(".told")).to_contain_text("the key was refused")
    expect(row.locator(".state").first).to_contain_text("enter a new key")


def test_a_question_is_asked_and_answered_in_place(providers: Page) -> None:
    open_provider(providers, "Able")
    providers.get_by_label("Also ask one short question").check()
    providers.get_by_role("button", name="Test now").click()
    result = providers.locator("#test-result")
    expect(result).to_contain_text("The key is good and the model answers.")
    expect(result).to_contain_text("Blue.")
    result.get_by_role("link", name="The record of this request").click()
    expect(providers.locator(".story")).to_contain_text("an administrator's test")


def test_a_silent_vendor_shows_that_it_is_waited_for(providers: Page) -> None:
    open_provider(providers, "Mute")
    providers.get_by_role("button", name="Test now").click()
    expect(providers.locator("#testing")).to_be_visible()
    expect(providers.locator("#test-result")).to_contain_text("no connection, or no answer in time")
    expect(providers.locator("#testing")).to_be_hidden()


def test_an_ended_session_leads_to_the_sign_in(providers: Page) -> None:
    open_provider(providers, "Able")
    providers.context.clear_cookies()
    providers.get_by_label("Outcome").select_option("failed")
    providers.wait_for_url(re.compile("/login/"))


def test_typing_narrows_the_catalogue_and_keeps_what_was_typed(providers: Page, house: Product) -> None:
    providers.goto(f"{house.address}/admin/providers/provider/catalogue/")
    key = providers.locator("#vendor-groq input[name=key]")
    key.fill("gsk-typed-before-searching")
    providers.get_by_label("Search vendors, models and abilities").press_sequentially("gemini")
    expect(providers.locator("#vendor-gemini")).to_be_visible()
    expect(providers.locator("#vendor-groq")).to_be_hidden()
    providers.get_by_label("Search vendors, models and abilities").fill("no such vendor")
    expect(providers.locator("#no-vendor")).to_be_visible()
    providers.get_by_label("Search vendors, models and abilities").fill("")
    expect(key).to_have_value("gsk-typed-before-searching")


def test_keys_in_lines_are_not_readable_over_a_shoulder(providers: Page) -> None:
    open_provider(providers, "Able")
    providers.get_by_role("link", name="Add several keys").click()
    field = providers.get_by_label("Keys, one a line")
    assert field.evaluate("field => getComputedStyle(field).webkitTextSecurity") == "disc"
    field.fill("sk-planted-second-0123456789\nsk-planted-third-0123456789")
    providers.get_by_role("button", name="Add these keys").click()
    expect(providers.locator(".messagelist")).to_contain_text("2 keys added.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", ["", "catalogue/", "{pk}/change/", "{pk}/test/", "{pk}/answers/", "{pk}/keys/"])
def test_the_pages_keep_nobody_out(providers: Page, house: Product, path: str, width: int, scheme: str) -> None:
    link = providers.get_by_role("link", name="Able", exact=True).get_attribute("href") or ""
    pk = link.split("/")[-3]
    providers.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # the parametrisation gives the two words
    providers.set_viewport_size({"width": width, "height": 844})
    providers.goto(f"{house.address}/admin/providers/provider/{path.format(pk=pk)}")
    assert axe(providers) == []
    assert providers.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_records_keep_nobody_out(providers: Page, house: Product, width: int, scheme: str) -> None:
    open_provider(providers, "Busy")
    providers.get_by_label("Also ask one short question").check()
    providers.get_by_role("button", name="Test now").click()
    expect(providers.locator("#test-result .told")).to_be_visible()
    providers.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # the parametrisation gives the two words
    providers.set_viewport_size({"width": width, "height": 844})
    assert axe(providers) == []
    providers.goto(f"{house.address}/admin/providers/attempt/")
    assert axe(providers) == []
    providers.locator(".field-story a").first.click()
    providers.wait_for_url(re.compile("/story/"))
    assert axe(providers) == []
    assert providers.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
