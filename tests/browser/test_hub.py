"""Searching the Hub and reading the API's documentation, in a real browser under the strict policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import hugging_face
from tests.browser import desk
from tests.product import Product, serving
from tests.upstream import Upstream

Axe = Callable[[Page], list[str]]
_FILE = """
[[provider]]
slug = "hf"
name = "Hugging Face"
protocol = "huggingface"
base_url = "{base}"
api_keys = ["hf_planted-not-to-be-found-0123456789"]
allow_private_address = true
[provider.quirks]
hub_url = "{base}"
rows_url = "{base}"
"""


@pytest.fixture(scope="module")
def hub() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def product(hub: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("hub")
    file: Path = folder / "providers.toml"
    file.write_text(_FILE.format(base=hugging_face.house(hub, more=True)))
    with serving(folder / "data") as running:
        running.manage("load_providers", str(file))
        yield running


@pytest.fixture
def signed_in(page: Page, product: Product) -> Page:
    desk.sign_in(page, product)
    page.set_extra_http_headers({"Accept-Language": "en"})
    return page


def test_typing_searches_once_and_a_model_is_added_in_place(signed_in: Page, product: Product, hub: Upstream) -> None:
    signed_in.goto(f"{product.address}/admin/providers/provider/hub/")
    results = signed_in.locator(".hub-result")
    expect(results).to_have_count(7)
    before = len(hub.requests("hf"))
    signed_in.locator("[name=q]").press_sequentially("llama", delay=30)
    expect(signed_in.locator(".hub-more a")).to_have_attribute("href", re.compile("q=llama"))
    assert "search=llama" in hub.requests("hf")[-1].path
    first = results.first
    first.get_by_role("button").click()
    expect(first.get_by_role("link", name="Added")).to_be_visible()
    signed_in.locator(".hub-more a").click()
    expect(results).to_have_count(8)
    expect(first.get_by_role("link", name="Added")).to_be_visible()
    # Neither typing nor the last page costs more than a question each; adding costs the model and the router's list.
    assert len(hub.requests("hf")) == before + 4


def test_rows_are_paged_in_place_and_a_part_is_kept(signed_in: Page, product: Product) -> None:
    signed_in.goto(f"{product.address}/admin/providers/datasetreference/hub/rows/?id=music/songs")
    signed_in.locator(".hub-paging a").last.click()
    expect(signed_in.locator(".hub-table tbody tr").first).to_contain_text("Song 20")
    expect(signed_in).to_have_url(re.compile("offset=20"))
    signed_in.locator("#part").select_option("default/test")
    expect(signed_in.locator("[name=split]")).to_have_value("test")
    signed_in.locator("[name=note]").fill("Listeners by month")
    signed_in.locator(".hub-keep button").click()
    expect(signed_in.locator("#result_list")).to_contain_text("Listeners by month")


def test_an_operation_is_tried_out_in_the_documentation(signed_in: Page, product: Product) -> None:
    signed_in.goto(f"{product.address}/api/v1/docs")
    signed_in.locator(".opblock-summary", has_text="/api/v1/hub/models").first.click()
    signed_in.get_by_role("button", name="Try it out").click()
    signed_in.get_by_role("button", name="Execute").click()
    expect(signed_in.locator(".live-responses-table")).to_contain_text("meta-llama/Llama-3.1-8B-Instruct")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_keep_nobody_out(signed_in: Page, product: Product, axe: Axe, width: int, scheme: str) -> None:
    signed_in.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # the parametrisation gives the two words
    signed_in.set_viewport_size({"width": width, "height": 844})
    for path in ("provider/hub/", "datasetreference/hub/", "datasetreference/hub/rows/?id=music/songs"):
        signed_in.goto(f"{product.address}/admin/providers/{path}")
        expect(signed_in.locator(".hub")).to_be_visible()
        assert axe(signed_in) == [], path
        assert signed_in.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
