"""What a person does at the desk, and what axe thinks of a page."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.product import PASSWORD, USER, Product

# Minor findings are hints; everything above keeps somebody out.
_GRAVE = {"moderate", "serious", "critical"}


def sign_in(page: Page, product: Product) -> None:
    """Sign in through the form, as a person does, and arrive on the dashboard."""
    page.goto(f"{product.address}/accounts/login/")
    page.locator("[name=username]").fill(USER)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form:has([name=password]) [type=submit], form:has([name=password]) button:not([type])").first.click()
    page.wait_for_url(f"{product.address}/")


def axe(page: Page, **options: Any) -> list[str]:
    """One line for each moderate, serious or critical finding of axe-core on the page; `options` are axe's own."""
    violations = Axe().run(page, options=options or None).response["violations"]
    return [
        f"{found['id']} ({found['impact']}): {node['html'][:200]}"
        for found in violations
        if found["impact"] in _GRAVE
        for node in found["nodes"]
    ]
