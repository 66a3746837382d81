"""The pages beside a Replicate provider: its models, deployments and predictions."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from providers.adapters import replicate_account as account
from providers.adapters.replicate_facts import KnownModels
from providers.adapters.replicate_output import pictures_of, text_of
from providers.adapters.replicate_prediction import Prediction
from providers.adapters.replicate_schema import TEXT_FIELDS, Schema, addresses, capabilities
from providers.admin.forms import CAPABILITIES
from providers.admin.replicate_desk import Desk, known
from providers.admin.replicate_forms import NewDeploymentForm, PromptForm, ReleaseForm, release_of
from providers.types import Endpoint, Image

if TYPE_CHECKING:
    from providers.admin.configured import ProviderAdmin

View = Callable[..., HttpResponseBase]

_MODELS, _DEPLOYMENTS, _PREDICTIONS = "models", "deployments", "predictions"
_LARGEST_PICTURE_BYTES = 4 * 1024 * 1024
_LONGEST_OUTPUT = 20_000
_PERCENT = re.compile(r"(\d{1,3})%")


def replicate_urls(page: ProviderAdmin) -> list[URLPattern]:
    """The addresses of these pages, for the provider's own."""

    def bound(view: View) -> View:
        def show(request: HttpRequest, pk: int, **names: str) -> HttpResponseBase:
            return view(Desk.open(page, request, pk), **names)

        return page.admin_site.admin_view(show)

    routes: tuple[tuple[str, View, str], ...] = (
        ("", show_models, "models"),
        ("deployments/", show_deployments, "deployments"),
        ("deployments/new/", create_deployment, "new_deployment"),
        ("deployments/<str:owner>/<str:name>/", change_deployment, "deployment"),
        ("predictions/", show_predictions, "predictions"),
        ("predictions/new/", start_prediction, "new_prediction"),
        ("predictions/<str:prediction_id>/", show_prediction, "prediction"),
    )
    return [
        path(f"<int:pk>/replicate/{route}", bound(view), name=f"providers_replicate_{name}")
        for route, view, name in routes
    ]


def show_models(desk: Desk) -> HttpResponseBase:
    """The official models, or those that fit `q`; a POST with `model` puts one to use."""
    if desk.request.method == "POST":
        return _add_model(desk, desk.request.POST.get("model", ""))
    words = desk.request.GET.get("q", "").strip()[:200]
    question = (account.search_models, words) if words else (account.official_models,)
    found = desk.ask(*question) or ()
    here = known(found, desk.provider)
    rows = [(model, _words(model.capabilities), model.model_id in here) for model in found[:50]]
    return desk.show("models.html", _("Models at Replicate"), _MODELS, rows=rows, words=words)


def _add_model(desk: Desk, model_path: str) -> HttpResponseBase:
    # What the model can do is asked anew: the form could say anything.
    found = desk.ask(account.model, model_path)
    back = redirect("admin:providers_replicate_models", desk.provider.pk)
    if found is None:
        desk.say("", fault=True)
    elif not found.capabilities:
        desk.say(
            _("%(name)s works on files or gives some; it cannot be asked in words.") % {"name": found.path}, fault=True
        )
    else:
        _added(desk, found.model_id, found.capabilities, found.schema_read)
    return back


def _added(desk: Desk, model_id: str, able: Any, schema: Schema | None) -> None:
    if desk.add_model(model_id, able, schema):
        desk.say(_("%(name)s was added and can be asked from now on.") % {"name": model_id})
    else:
        desk.say(_("%(name)s is there already.") % {"name": model_id}, fault=True)


def show_deployments(desk: Desk) -> HttpResponseBase:
    """The account's deployments."""
    found = desk.ask(account.deployments) or ()
    return desk.show("deployments.html", _("Deployments at Replicate"), _DEPLOYMENTS, deployments=found)


def create_deployment(desk: Desk) -> HttpResponseBase:
    """A form, and after a POST a new deployment."""
    form = NewDeploymentForm(
        desk.ask(account.hardware) or (), desk.request.POST or None, {"model": desk.request.GET.get("model", "")}
    )
    if desk.request.method == "POST" and not desk.fault and form.is_valid():
        latest = "" if form.cleaned_data["version"] else _latest_version(desk, form.cleaned_data["model"])
        if not (form.cleaned_data["version"] or latest or desk.fault):
            form.add_error("model", _("This model has no version that could be deployed."))
        made = None if desk.fault or form.errors else desk.ask(account.create_deployment, form.wanted(latest))
        if made:
            desk.say(_("%(name)s was created.") % {"name": made.path})
            return redirect("admin:providers_replicate_deployment", desk.provider.pk, made.owner, made.name)
    return desk.show("deployment.html", _("New deployment"), _DEPLOYMENTS, form=form)


def _latest_version(desk: Desk, model_path: str) -> str:
    found = desk.ask(account.model, model_path)
    return found.latest_version.id if found and found.latest_version else ""


def change_deployment(desk: Desk, owner: str, name: str) -> HttpResponseBase:
    """A deployment's state; a POST with `do` changes it, adds it as a model or deletes it."""
    whole = f"{owner}/{name}"
    found = desk.ask(account.deployment, whole)
    if found is None:
        return desk.show("deployment.html", whole, _DEPLOYMENTS)
    machines = desk.ask(account.hardware) or ()
    form = ReleaseForm(machines, None, release_of(found))
    posted = desk.request.POST.get("do", "")
    again = redirect("admin:providers_replicate_deployment", desk.provider.pk, owner, name)
    if posted == "change":
        form = ReleaseForm(machines, desk.request.POST)
        if form.is_valid() and _changed(desk, whole, form):
            return again
    elif posted == "add":
        release = found.current_release
        version = desk.ask(account.version, release.model, release.version)
        schema = Schema.read(version.openapi_schema) if version else None
        if version and (able := capabilities(schema)):
            _added(desk, found.model_id, able, schema)
        else:
            desk.say(_("What this deployment can do cannot be found out."), fault=True)
        return again
    elif posted == "delete":
        desk.ask(account.delete_deployment, whole)
        if not desk.fault:
            desk.say(_("%(name)s was deleted.") % {"name": whole})
            return redirect("admin:providers_replicate_deployments", desk.provider.pk)
    return desk.show("deployment.html", whole, _DEPLOYMENTS, form=form, deployment=found, prompt=PromptForm())


def _changed(desk: Desk, whole: str, form: ReleaseForm) -> bool:
    names = ("version", "hardware", "min_instances", "max_instances")
    changed = desk.ask(account.change_deployment, whole, **{name: form.cleaned_data[name] for name in names})
    if changed:
        desk.say(_("%(name)s was changed.") % {"name": whole})
    return changed is not None


def show_predictions(desk: Desk) -> HttpResponseBase:
    """The account's latest predictions."""
    found = desk.ask(account.predictions) or ()
    return desk.show("predictions.html", _("Predictions at Replicate"), _PREDICTIONS, predictions=found[:50])


def start_prediction(desk: Desk) -> HttpResponseBase:
    """A form for `model`; a POST with `prompt` starts a prediction and leads to its progress."""
    model_id = desk.request.POST.get("model") or desk.request.GET.get("model", "")
    form = PromptForm(desk.request.POST or None)
    if desk.request.method == "POST" and form.is_valid():
        started = desk.ask(_tried, form.cleaned_data["prompt"], model_id=model_id)
        if started:
            return redirect("admin:providers_replicate_prediction", desk.provider.pk, started.id)
    return desk.show("new_prediction.html", _("Test prediction"), _PREDICTIONS, prompt=form, model_id=model_id)


async def _tried(endpoint: Endpoint, prompt: str) -> Prediction:
    schema = (await KnownModels().facts(endpoint)).schema
    field = schema.first("prompt", *TEXT_FIELDS) if schema else ""
    return await account.run(endpoint, endpoint.model_id, {field or "prompt": prompt})


def show_prediction(desk: Desk, prediction_id: str) -> HttpResponseBase:
    """A prediction's progress, whole or as a fragment; a POST cancels it."""
    if desk.request.method == "POST":
        found = desk.ask(account.cancel, prediction_id)
        if found is None:
            desk.say("", fault=True)
        return redirect("admin:providers_replicate_prediction", desk.provider.pk, prediction_id)
    if desk.request.method != "GET":
        return HttpResponseNotAllowed(["GET", "POST"])
    found = desk.ask(account.prediction, prediction_id)
    percent = _PERCENT.findall(found.logs) if found and not found.ended else []
    picture = desk.ask(_pictured, found.output) if found and found.ended and any(addresses(found.output)) else ""
    context = {
        "prediction": found,
        "prediction_id": prediction_id,
        "percent": min(100, int(percent[-1])) if percent else None,
        "last_line": found.logs.strip().rpartition("\n")[2].strip()[-300:] if found else "",
        "output": text_of(found.output)[:_LONGEST_OUTPUT] if found and not picture else "",
        "picture": picture,
    }
    template = "prediction.html#state" if getattr(desk.request, "htmx", False) else "prediction.html"
    return desk.show(template, _("Prediction"), _PREDICTIONS, **context)


async def _pictured(endpoint: Endpoint, output: Any) -> str:
    """The picture inside an address: the page may load nothing from elsewhere. Empty where it is too large."""
    pictures: list[Image] = await pictures_of(endpoint, output, 1)
    content = pictures[0].content
    if len(content) > _LARGEST_PICTURE_BYTES:
        return ""
    return f"data:{pictures[0].media_type};base64,{base64.b64encode(content).decode()}"


def _words(able: frozenset[Any]) -> str:
    names = dict(CAPABILITIES)
    return ", ".join(str(names[one.value]) for one in sorted(able))
