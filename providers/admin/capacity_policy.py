"""The routing policy's settings, with a preview of what the last week would have done under them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from providers.access import Permission, requires
from providers.models import RoutingPolicy
from providers.replaying import Replay, replay
from providers.routing import Policy

_DAYS = 7
# Enough for a picture, few enough for a page.
_MOST = 2000


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]  # a ModelForm cannot be subscripted at run time
    """The settings, each a number."""

    class Meta:
        model = RoutingPolicy
        fields = tuple(Policy.__dataclass_fields__)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name, field in self.fields.items():
            share = name in _SHARES
            field.widget = forms.NumberInput(
                attrs={"class": "form-control", "min": 0, "max": 1 if share else 10, "step": "0.05" if share else "0.5"}
            )

    def policy(self) -> Policy:
        """As typed; the form is valid."""
        return Policy(**{name: self.cleaned_data[name] for name in Policy.__dataclass_fields__})


_SHARES = frozenset({"interactive_reserve", "keep_best_share", "exploration"})


@requires(Permission.CONFIGURE)
@require_http_methods(["GET", "POST"])
@never_cache
def policy(request: HttpRequest) -> HttpResponse:
    """Show, preview or keep the settings."""
    form = PolicyForm(request.POST or None, instance=RoutingPolicy.row())
    previewed: Replay | None = None
    if request.method == "POST" and form.is_valid():
        if "preview" not in request.POST:
            form.save()
            messages.success(request, _("Saved. Every process follows it from the next request on."))
            return redirect("capacity_policy")
        now = timezone.now()
        previewed = replay(now - timedelta(days=_DAYS), now, form.policy(), most=_MOST)
    return render(request, "capacity/policy.html", {"form": form, "preview": previewed, "days": _DAYS})
