"""From a brief to posts, in a real browser against a running product."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import desk
from tests.product import Product, serving
from tests.upstream import Upstream, hangs, posts, prose, rate_limited, slow

_PROVIDER = """
[[provider]]
slug = "{slug}"
name = "{name}"
protocol = "openai"
tier = "free"
base_url = "{url}"
priority = {priority}
api_keys = ["sk-planted-{slug}-0123456789"]
timeout_seconds = 2
allow_private_address = true

[[provider.model]]
id = "{slug}-model"
capabilities = ["text-generation"]
"""
# Long enough that a person, and the browser, see each step.
_TRYING = 30_000

SignIn = Callable[[Page], None]
Axe = Callable[[Page], list[str]]


def fill_in_polish(page: Page, *platforms: str) -> None:
    """Fill the form as somebody does who promotes a release."""
    page.get_by_label("Tytuł", exact=False).first.fill("Nocny Pociąg")
    page.locator("[name=creator]").fill("Lena Żuraw")
    page.locator("[name=facts]").fill("Siedem piosenek nagranych na taśmie\nGościnnie śpiewa Staszek Mróz")
    page.locator("[name=link]").fill("https://hardbanrecords.pl/nocny-pociag")
    for box in page.locator("[name=platforms]").all():
        if box.is_checked() != (box.get_attribute("value") in platforms):
            chip(page, "platforms", str(box.get_attribute("value"))).click()
    chip(page, "variants", "1").click()


def chip(page: Page, name: str, value: str) -> Locator:
    """What a person clicks: the words around the box."""
    return page.locator("label.chip").filter(has=page.locator(f"[name={name}][value='{value}']"))


def send(page: Page) -> None:
    page.locator("form.brief button.btn-primary").click()
    page.wait_for_url(re.compile("/jobs/"))


@pytest.fixture
def form(page: Page, live_product: Product, sign_in: SignIn) -> Page:
    sign_in(page)
    page.goto(f"{live_product.address}/create/posts/")
    page.get_by_role("button", name="Zacznij pusty brief").click()
    page.wait_for_url(re.compile("new=1"))
    return page


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Product]:
    """A product whose first provider is limited, the second hangs, the third writes prose and the fourth answers."""
    with Upstream() as upstream, serving(tmp_path / "data") as product:
        behaviours = {
            "busy": (rate_limited(30),),
            "mute": (hangs(),),
            "chatty": (prose(),),
            "able": (slow(1.0, posts(1)),),
        }
        rows = [
            _PROVIDER.format(slug=slug, name=slug.title(), url=upstream.add(slug, *acts), priority=place)
            for place, (slug, acts) in enumerate(behaviours.items(), start=1)
        ]
        (tmp_path / "providers.toml").write_text("".join(rows))
        product.manage("load_providers", str(tmp_path / "providers.toml"))
        yield product


def test_a_brief_becomes_posts_without_any_provider_and_says_so(form: Page) -> None:
    fill_in_polish(form, "x", "instagram")
    send(form)
    expect(form.locator("article.variant")).to_have_count(2, timeout=_TRYING)
    expect(form.locator("article.variant .band-offline")).to_have_count(2)


def test_a_polish_brief_falls_through_three_failures_and_is_edited(chain: Product, page: Page) -> None:
    desk.sign_in(page, chain)
    page.goto(f"{chain.address}/create/posts/")
    fill_in_polish(page, "x")
    send(page)
    steps = page.locator("#card")
    # Each line arrives by itself: the page is never loaded again.
    page.evaluate("window.sameBrowserPage = true")
    expect(steps).to_contain_text("Busy", timeout=_TRYING)
    expect(steps).to_contain_text("Mute", timeout=_TRYING)
    expect(steps).to_contain_text("Chatty", timeout=_TRYING)
    card = page.locator("article.variant")
    expect(card).to_have_count(1, timeout=_TRYING)
    assert page.evaluate("window.sameBrowserPage") is True
    expect(card.locator(".band-offline")).to_have_count(0)
    expect(card.locator("details summary").last).to_contain_text("Able")
    card.get_by_role("link", name="Edytuj").click()
    text = card.locator("textarea[name=text]")
    text.fill("Nocny Pociąg rusza. " + "a" * 300)
    expect(card.locator(".counter")).to_have_class(re.compile("over"))
    text.fill("Nocny Pociąg rusza o północy.")
    expect(card.locator(".counter")).to_contain_text("29")
    card.get_by_role("button", name="Gotowe").click()
    expect(card.locator(".preview-text")).to_contain_text("rusza o północy")
    page.reload()
    expect(page.locator(".preview-text")).to_contain_text("rusza o północy")


def test_what_was_typed_survives_a_closed_tab(form: Page, live_product: Product) -> None:
    form.locator("[name=title]").fill("Zażółć gęślą jaźń")
    expect(form.locator("#saved")).to_contain_text("Zapisano")
    form.goto(f"{live_product.address}/")
    form.goto(f"{live_product.address}/create/posts/")
    expect(form.locator("[name=title]")).to_have_value("Zażółć gęślą jaźń")


def test_an_incomplete_brief_says_what_to_change_and_keeps_the_rest(form: Page) -> None:
    fill_in_polish(form, "x")
    form.locator("[name=title]").fill("")
    form.locator("form.brief button.btn-primary").click()
    expect(form.get_by_role("alert").filter(has_text="wymaga zmiany")).to_be_focused()
    expect(form.locator("[name=creator]")).to_have_value("Lena Żuraw")


def test_a_field_says_at_once_when_a_link_cannot_work(form: Page) -> None:
    form.locator("[name=link]").fill("nie-link")
    form.locator("[name=link]").blur()
    expect(form.locator("#note-link .field-error")).to_be_visible()


def test_the_brief_is_written_and_sent_with_the_keyboard_alone(form: Page) -> None:
    form.locator("[name=title]").focus()
    form.keyboard.type("Nocny Pociąg")
    form.keyboard.press("Enter")
    form.wait_for_url(re.compile("/jobs/"))
    expect(form.locator("article.variant").first).to_be_visible(timeout=_TRYING)


def test_a_variant_is_kept_copied_and_written_anew(form: Page, live_product: Product) -> None:
    form.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fill_in_polish(form, "bluesky")
    send(form)
    card = form.locator("article.variant")
    expect(card).to_have_count(1, timeout=_TRYING)
    first = card.get_attribute("id")
    card.get_by_role("button", name="Zachowaj").click()
    expect(card.get_by_role("button", name="Zachowano")).to_be_visible()
    card.get_by_role("button", name="Kopiuj").click()
    expect(form.locator("#announcements")).to_contain_text("Skopiowano")
    assert "Nocny Pociąg" in form.evaluate("navigator.clipboard.readText()")
    card.get_by_role("button", name="Napisz inaczej").click()
    expect(form.locator(f"article.variant:not(#{first})")).to_have_count(1, timeout=_TRYING)
    form.goto(f"{live_product.address}/library/")
    expect(form.locator("main")).to_contain_text("Nocny Pociąg")


def test_the_language_switch_turns_the_page_to_english(form: Page) -> None:
    form.get_by_role("button", name=re.compile("English")).click()
    expect(form.locator("html")).to_have_attribute("lang", "en")
    expect(form.get_by_role("heading", level=1)).to_have_text("Write posts")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", ["/", "/create/posts/", "/library/"])
def test_the_pages_keep_nobody_out(
    form: Page, live_product: Product, axe: Axe, path: str, width: int, scheme: str
) -> None:
    form.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # the parametrisation gives the two words
    form.set_viewport_size({"width": width, "height": 844})
    form.goto(f"{live_product.address}{path}")
    assert axe(form) == []
    assert form.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_finished_job_keeps_nobody_out(form: Page, axe: Axe, scheme: str) -> None:
    form.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # the parametrisation gives the two words
    fill_in_polish(form, "x", "youtube", "pinterest")
    send(form)
    expect(form.locator("article.variant")).to_have_count(3, timeout=_TRYING)
    assert axe(form) == []
    form.locator("article.variant").first.get_by_role("link", name="Edytuj").click()
    expect(form.locator("textarea[name=text]").first).to_be_visible()
    assert axe(form) == []
