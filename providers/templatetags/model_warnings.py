"""Warnings about models that end, for any page that administrators see."""

from __future__ import annotations

from typing import Any

from django import template

from providers.lifetimes import warnings

register = template.Library()


@register.inclusion_tag("admin/providers/warnings.html", takes_context=True)
def model_warnings(context: dict[str, Any], provider_id: int | None = None) -> dict[str, Any]:
    """What ends soon or has gone, of all providers or of one; nothing for people who cannot change it."""
    user = getattr(context.get("request"), "user", None)
    if user is None or not user.is_staff or not user.has_perm("providers.view_provider"):
        return {"warnings": []}
    return {"warnings": [one for one in warnings() if provider_id in {None, one.provider_id}]}
