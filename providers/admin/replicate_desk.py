"""What the Replicate pages share: whose account, how it is asked from a page, and what a fault looks like."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from providers.adapters.redaction import secrets_kept
from providers.adapters.replicate import ReplicateAdapter
from providers.adapters.replicate_account import RemoteModel
from providers.adapters.replicate_schema import LENGTH_FIELDS, Schema
from providers.errors import AuthenticationError, ProviderError
from providers.models import AIModel, Provider
from providers.remote_runs import endpoint_with
from providers.types import Capability, Endpoint

if TYPE_CHECKING:
    from providers.admin.configured import ProviderAdmin

T = TypeVar("T")

# A person waits before the page.
_PATIENCE_SECONDS = 20.0
_SHORTEST_ANSWER, _LONGEST_ANSWER = 256, 131_072


@dataclass(slots=True)
class Desk:
    """One request to one of the pages of a Replicate provider. `fault` is what the account last refused."""

    page: ProviderAdmin
    request: HttpRequest
    provider: Provider
    fault: ProviderError | None = None

    @classmethod
    def open(cls, page: ProviderAdmin, request: HttpRequest, pk: int) -> Desk:
        """For those who may change the provider. Raises Http404 and PermissionDenied."""
        provider = get_object_or_404(Provider, pk=pk, protocol=ReplicateAdapter.protocol)
        if not page.has_change_permission(request, provider):
            raise PermissionDenied
        return cls(page, request, provider)

    def endpoint(self, model_id: str = "") -> Endpoint:
        """The account, by the first key that can be used. Raises AuthenticationError."""
        key = self.provider.keys.filter(enabled=True, invalid_since=None).first()
        if key is None and not self.provider.allow_private_address:
            raise AuthenticationError(_("There is no key to ask with. Add one to the provider first."))
        endpoint = endpoint_with(self.provider, key, model_id)
        return replace(endpoint, timeout_seconds=min(endpoint.timeout_seconds, _PATIENCE_SECONDS))

    def ask(self, question: Any, *arguments: Any, model_id: str = "", **named: Any) -> Any:
        """What a function of the account answers, None and a `fault` where it refuses."""
        try:
            endpoint = self.endpoint(model_id)
            with secrets_kept(endpoint.api_key):
                return _wait(question(endpoint, *arguments, **named))
        except ProviderError as error:
            self.fault = error
            return None

    def show(self, template: str, title: str, here: str, **context: Any) -> HttpResponseBase:
        """One of the pages; `here` is the part of them that it belongs to."""
        whole = {
            **self.page.admin_site.each_context(self.request),
            "opts": self.page.opts,
            "provider": self.provider,
            "title": title,
            "here": here,
            "fault": self.fault,
            **context,
        }
        return TemplateResponse(self.request, f"admin/providers/replicate/{template}", whole)

    def say(self, words: str, *, fault: bool = False) -> None:
        """Tell it on the next page; with `fault` what the account refused instead."""
        if fault and self.fault:
            words = _("Replicate refused: %(detail)s") % {"detail": self.fault.detail}
        self.page.message_user(self.request, words, messages.ERROR if fault else messages.SUCCESS)

    def add_model(self, model_id: str, capabilities: frozenset[Capability], schema: Schema | None) -> bool:
        """Put a model to use; False when it is there already."""
        model, added = AIModel.objects.get_or_create(
            provider=self.provider,
            model_id=model_id,
            defaults={
                "capabilities": sorted(capability.value for capability in capabilities),
                "max_output_tokens": _longest_answer(schema),
                "streaming": Capability.TEXT_GENERATION in capabilities,
            },
        )
        if added:
            self.page.log_change(self.request, self.provider, [{"added": {"name": "model", "object": str(model)}}])
        return added


def known(models: tuple[RemoteModel, ...], provider: Provider) -> set[str]:
    """The ids of those models that the provider has already."""
    ids = [model.model_id for model in models]
    return set(provider.models.filter(model_id__in=ids).values_list("model_id", flat=True))


def _longest_answer(schema: Schema | None) -> int:
    name = schema.first(*LENGTH_FIELDS) if schema else ""
    most = schema.inputs[name].get("maximum") if schema and name else None
    if isinstance(most, int) and most >= _SHORTEST_ANSWER:
        return min(most, _LONGEST_ANSWER)
    default = AIModel._meta.get_field("max_output_tokens").default
    return int(default)


def _wait(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
