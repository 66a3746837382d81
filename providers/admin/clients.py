"""Pages for the Lab's clients: making one, seeing its use, rotating and revoking its keys. A secret is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_variables

from providers.access.client_keys import Issued, issue, revoke, rotate
from providers.access.errors import ReplacedKeyError
from providers.access.limits import DAY
from providers.admin.state import clock
from providers.clients import Client, ClientKey, Scope


class ClientForm(forms.ModelForm):  # type: ignore[type-arg]  # a ModelForm cannot be subscripted at run time
    """A client with its scopes as a choice."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    # The browser's own field: Django's two have no labels and put style into the page.
    expires_at = forms.DateTimeField(
        label=gettext_lazy("Ends on"),
        required=False,
        help_text=gettext_lazy("After this no key of the client works; empty: it never ends."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class ClientKeyInline(admin.TabularInline):  # type: ignore[type-arg]  # an inline cannot be subscripted at run time
    """A client's keys, to be looked at."""

    model = ClientKey
    fields = readonly_fields = ("key_id", "state", "created_at", "last_used_at")
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's own signature
        """A key comes from the buttons above."""
        return False

    @admin.display(description=gettext_lazy("state"))
    def state(self, key: ClientKey) -> str:
        """Whether it works, and until when."""
        return key_state(key)


def key_state(key: ClientKey) -> str:
    """Whether a client's key works, in words."""
    now = timezone.now()
    if key.revoked_at:
        return _("revoked %(when)s") % {"when": clock(key.revoked_at)}
    if key.client.expires_at and key.client.expires_at <= now:
        return _("the client's time is over")
    if key.works_until is None:
        return _("works")
    if key.works_until > now:
        return _("replaced; works until %(when)s") % {"when": clock(key.works_until)}
    return _("replaced; ended %(when)s") % {"when": clock(key.works_until)}


def _another(client: Client, request: HttpRequest) -> Issued:
    """A new key in place of the one that the page showed. Raises ReplacedKeyError or IntegrityError when it is late."""
    shown = request.POST.get("current", "")
    if not shown.isdecimal():
        with transaction.atomic():
            return issue(client)
    return rotate(client, grace=timedelta(0) if "at_once" in request.POST else None, presented=int(shown))


@admin.register(Client)
class ClientAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """Modules of the Lab that may call the product."""

    form = ClientForm
    inlines = (ClientKeyInline,)
    list_display = ("name", "may_call", "keys_state", "last_used", "today", "expires_at")
    search_fields = ("name",)
    readonly_fields = ("today", "created_at")
    actions = ("revoke_keys",)
    fieldsets = (
        (None, {"fields": ("name", "scopes", "expires_at", "stream_mode")}),
        (
            gettext_lazy("Limits"),
            {"fields": ("requests_per_minute", "requests_per_day", "tokens_per_day", "today")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        """With what the columns need, in a fixed number of queries."""
        found: QuerySet[Client] = super().get_queryset(request)
        return found.select_related("use").prefetch_related("keys__client").annotate(used=Max("keys__last_used_at"))

    def get_inlines(self, request: HttpRequest, obj: Client | None) -> Any:  # noqa: ARG002 - Django's own signature
        """A client that is not there yet has no keys."""
        return self.inlines if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's own
        """Never: a client is revoked, and its name stays taken."""
        return False

    @admin.display(description=gettext_lazy("scopes"))
    def may_call(self, client: Client) -> str:
        """The scopes by name."""
        return ", ".join(client.scopes)

    @admin.display(description=gettext_lazy("keys"))
    def keys_state(self, client: Client) -> str:
        """The keys that still mean something, one a line."""
        now = timezone.now()
        told = [key for key in client.keys.all() if key.works_at(now)] or list(client.keys.all())[:1]
        return format_html_join("; ", "{} {}", ((key.key_id, key_state(key)) for key in told)) or "–"

    @admin.display(description=gettext_lazy("last used"), ordering="used")
    def last_used(self, client: Client) -> str:
        """When any of its keys was last used, to the minute."""
        used = getattr(client, "used", None)
        return clock(used) if used else "–"

    @admin.display(description=gettext_lazy("used today"))
    def today(self, client: Client) -> str:
        """What was counted today (UTC); a client without limits is not counted."""
        if not (client.requests_per_minute or client.requests_per_day or client.tokens_per_day):
            return _("not counted: no limit")
        use = getattr(client, "use", None)
        counts = use is not None and use.day == int(timezone.now().timestamp()) // DAY
        requests, tokens = (use.day_requests, use.day_tokens) if counts and use else (0, 0)
        first = ngettext("%(count)s request", "%(count)s requests", requests) % {"count": requests}
        return first + ", " + ngettext("%(count)s token", "%(count)s tokens", tokens) % {"count": tokens}

    def get_urls(self) -> list[URLPattern]:
        """With the page that gives a client another key."""
        view = self.admin_site.admin_view(self.new_key)
        return [path("<int:client_id>/key/", view, name="providers_client_key"), *super().get_urls()]

    @sensitive_variables()
    def response_add(self, request: HttpRequest, obj: Client, post_url_continue: str | None = None) -> Any:  # noqa: ARG002 - Django's own signature
        """A new client's first key, shown once, in the answer to the very form that asked for it."""
        return self._show(request, issue(obj))

    @sensitive_variables()
    def new_key(self, request: HttpRequest, client_id: int) -> HttpResponseBase:
        """Ask how the old key shall end, then show the new one."""
        client = Client.objects.filter(pk=client_id).first()
        if client is None:
            raise Http404
        if not self.has_change_permission(request, client):
            raise PermissionDenied
        current = client.keys.filter(works_until=None, revoked_at=None).first()
        if request.method != "POST":
            context = {**self._context(request, client), "current": current}
            return TemplateResponse(request, "admin/providers/client/key.html", context)
        try:
            issued = _another(client, request)
        except (ReplacedKeyError, IntegrityError):
            # A button pressed twice must not end the key that was just made.
            self.message_user(request, _("Meanwhile this client got another key."), messages.WARNING)
            return redirect("admin:providers_client_change", client.pk)
        return self._show(request, issued)

    def _context(self, request: HttpRequest, client: Client) -> dict[str, Any]:
        title = _("New key for %(name)s") % {"name": client.name}
        return {**self.admin_site.each_context(request), "opts": self.opts, "client": client, "title": title}

    @sensitive_variables()
    def _show(self, request: HttpRequest, issued: Issued) -> HttpResponseBase:
        context = {**self._context(request, issued.key.client), "secret": issued.secret}
        # The administration's pages are never cached, so the browser's way back does not bring it again.
        return TemplateResponse(request, "admin/providers/client/secret.html", context)

    @admin.action(description=gettext_lazy("Revoke all keys at once"), permissions=["change"])
    def revoke_keys(self, request: HttpRequest, clients: QuerySet[Client]) -> None:
        """End what these clients may do, now and in every process."""
        count = sum(revoke(client) for client in Client.objects.filter(pk__in=clients.values("pk")))
        words = ngettext("%(count)s key revoked.", "%(count)s keys revoked.", count) % {"count": count}
        self.message_user(request, words, messages.SUCCESS)
