"""How providers and the system stand, for the start page: a few figures, none of which asks a vendor."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.auth.models import User

from providers.access import Permission, may
from providers.models import Alert
from providers.monitoring import health

register = template.Library()


@register.simple_tag(takes_context=True)
def desk_state(context: dict[str, Any]) -> dict[str, Any]:
    """`ready` of `used` providers can be asked now, the next at `back`; `alerts` are counted for administrators."""
    user = getattr(context.get("request"), "user", None)
    if not isinstance(user, User) or not may(user, Permission.SEE_REPORTS):
        return {}
    used = [one for one in health.provider_states() if one.enabled]
    ready = [one for one in used if one.can_answer]
    back = [one.until for one in used if not one.can_answer and one.until]
    told = Alert.objects.filter(ended_at=None).exclude(told_at=None) if may(user, Permission.CONFIGURE) else None
    return {
        "used": len(used),
        "ready": len(ready),
        "back": min(back, default=None),
        "alerts": told.count() if told is not None else 0,
    }
