"""What a provider's page holds beside the provider: its models, keys and limits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from providers.admin.forms import AIModelForm
from providers.admin.key_forms import ProviderKeyForm
from providers.admin.limit_forms import QuotaForm, QuotaFormSet
from providers.admin.state import clock, key_standing, key_words
from providers.models import AIModel, Attempt, ProviderKey, Quota

# Attempts are many; looking further back than this for a key's last use would cost more than it tells.
_REMEMBERED = timedelta(days=30)


def with_last_use(keys: QuerySet[ProviderKey]) -> QuerySet[ProviderKey]:
    """Beside each key when it was last used, within the last month, in the same query."""
    uses = Attempt.objects.filter(
        provider=OuterRef("provider"),
        key_fingerprint=OuterRef("fingerprint"),
        key_fingerprint__gt="",
        started_at__gte=timezone.now() - _REMEMBERED,
    )
    return keys.annotate(last_used=Subquery(uses.order_by("-started_at").values("started_at")[:1]))


class KeyFacts:
    """What both the provider's page and the list of keys show of a key."""

    @admin.display(description=gettext_lazy("stored key"))
    def which(self, key: ProviderKey) -> str:
        """Which key it is, without the key."""
        return key_words(key)

    @admin.display(description=gettext_lazy("state"))
    def state(self, key: ProviderKey) -> str:
        """Whether it can be used."""
        return key_standing(key).html() if key.pk else "–"

    @admin.display(description=gettext_lazy("age"))
    def age(self, key: ProviderKey) -> str:
        """How long this secret has been here."""
        if not key.pk:
            return "–"
        days = (timezone.now() - key.created_at).days
        return timesince(key.created_at, depth=1) if days else _("since today")

    @admin.display(description=gettext_lazy("last used"))
    def last_use(self, key: ProviderKey) -> str:
        """When it was last sent to its provider."""
        used = getattr(key, "last_used", None)
        if used:
            return clock(used)
        days = _REMEMBERED.days
        words = ngettext("not within %(count)s day", "not within %(count)s days", days) % {"count": days}
        return words if key.pk else "–"


def test_link(provider_id: int, field: str, row_id: int, words: str) -> str:
    """The way to the test of one key or one model."""
    return format_html(
        '<a href="{}?{}={}">{}</a>', reverse("admin:providers_provider_test", args=[provider_id]), field, row_id, words
    )


class AIModelInline(admin.StackedInline):  # type: ignore[type-arg]  # an inline cannot be subscripted at run time
    """The models of a provider."""

    model = AIModel
    form = AIModelForm
    extra = 0
    readonly_fields = ("listed_at", "gone_since", "try_it")
    fields = (
        ("model_id", "enabled", "quality"),
        "capabilities",
        ("context_tokens", "max_output_tokens"),
        ("json_schema", "streaming"),
        ("shutdown_on", "listed_at", "gone_since"),
        "try_it",
    )

    @admin.display(description=gettext_lazy("test"))
    def try_it(self, model: AIModel) -> str:
        """The way to the test of this model."""
        return test_link(model.provider_id, "model", model.pk, _("Test this model now")) if model.pk else "–"


class ProviderKeyInline(KeyFacts, admin.StackedInline):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """The keys of a provider."""

    model = ProviderKey
    form = ProviderKeyForm
    extra = 0
    fields = (
        ("which", "state"),
        ("age", "last_use", "try_it"),
        ("label", "account", "enabled"),
        ("variable", "new_key"),
    )
    readonly_fields = ("which", "state", "age", "last_use", "try_it")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderKey]:
        """With the last use, in one query."""
        return with_last_use(super().get_queryset(request))

    @admin.display(description=gettext_lazy("test"))
    def try_it(self, key: ProviderKey) -> str:
        """The way to the test of this key."""
        return test_link(key.provider_id, "key", key.pk, _("Test this key now")) if key.pk else "–"


class QuotaInline(admin.TabularInline):  # type: ignore[type-arg]  # an inline cannot be subscripted at run time
    """The limits of a provider."""

    model = Quota
    form = QuotaForm
    formset = QuotaFormSet
    template = "admin/providers/provider/limits.html"
    extra = 0
    fields = ("limit", "metric", "period", "model", "per_model", "scope", "window")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Without the buttons that would add or change a model in a window of its own."""
        field = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name == "model" and field:
            field.widget = field.widget.widget
        return field
