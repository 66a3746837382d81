"""Replicate beyond a single answer: models and versions, hardware, deployments, predictions and the webhook's secret.

Plain asynchronous functions over an endpoint, for the adapter and for the administrator's pages. All raise
ProviderError. Shapes: Replicate's OpenAPI document of August 2026 and recorded exchanges.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field, field_validator

from providers.adapters.replicate_calls import asked, is_own
from providers.adapters.replicate_prediction import Foreign, Prediction, ShapeT, parsed
from providers.adapters.replicate_schema import Schema, capabilities
from providers.errors import BrokenAnswerError, ModelUnavailableError
from providers.types import Capability, Endpoint

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VERSION = re.compile(r"[0-9a-f]{64}")
_SECRET_PREFIX = "whsec_"  # noqa: S105 - the public beginning of every such secret
_DEPLOYMENTS = "deployments/"


@dataclass(frozen=True, slots=True)
class Door:
    """Where a model is run: a path of the API, and the version that its body names, if it does."""

    path: str
    version: str = ""


class Version(Foreign):
    """A version of a model with its schema."""

    id: str
    created_at: datetime | None = None
    openapi_schema: dict[str, Any] | None = None


class RemoteModel(Foreign):
    """A model as Replicate describes it; `is_official` is None where it does not say."""

    owner: str
    name: str
    description: str | None = None
    run_count: int | None = None
    is_official: bool | None = None
    latest_version: Version | None = None
    default_example: dict[str, Any] | None = None

    @field_validator("latest_version", "default_example", mode="before")
    @classmethod
    def _only_objects(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Version) else None

    @property
    def path(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"

    @property
    def model_id(self) -> str:
        """What to ask for: official models by name, all others by their version."""
        version = self.latest_version.id if self.latest_version and self.is_official is not True else ""
        return f"{self.path}:{version}" if version else self.path

    @property
    def schema_read(self) -> Schema | None:
        """What it takes and gives, if its version says so."""
        return Schema.read(self.latest_version.openapi_schema) if self.latest_version else None

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the product can ask it for."""
        return capabilities(self.schema_read, (self.default_example or {}).get("output"))


class Hardware(Foreign):
    """A machine that a deployment can run on."""

    sku: str
    name: str


class Configuration(Foreign):
    """How many machines of which kind."""

    hardware: str
    min_instances: int = 0
    max_instances: int = 1


class Release(Foreign):
    """What a deployment runs now."""

    number: int | None = None
    model: str
    version: str
    configuration: Configuration


class Deployment(Foreign):
    """A model of one's choice on machines of one's own."""

    owner: str
    name: str
    current_release: Release

    @property
    def path(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"

    @property
    def model_id(self) -> str:
        """What to ask for."""
        return f"{_DEPLOYMENTS}{self.path}"


@dataclass(frozen=True, slots=True)
class NewDeployment:
    """All six facts that creating a deployment needs. `min_instances` above 0 costs money day and night."""

    name: str
    model: str
    version: str
    hardware: str
    min_instances: int = 0
    max_instances: int = 1


class _FileUrls(Foreign):
    get: str


class _File(Foreign):
    urls: _FileUrls


class _Page(Foreign):
    next: str | None = None
    results: list[Any] = Field(default_factory=list)


def door(model_id: str) -> Door:
    """Where a model id leads: `owner/name` (official), `owner/name:version`, a bare version, `deployments/owner/name`.

    Raises ModelUnavailableError for what is none of these.
    """
    if _VERSION.fullmatch(model_id):
        return Door("predictions", model_id)
    name, _, version = model_id.removeprefix(_DEPLOYMENTS).partition(":")
    owner, _, short = name.partition("/")
    if not (_NAME.fullmatch(owner) and _NAME.fullmatch(short)):
        raise ModelUnavailableError(f"{model_id!r} is no model of Replicate: write owner/name or owner/name:version")
    if model_id.startswith(_DEPLOYMENTS):
        return Door(f"deployments/{owner}/{short}/predictions")
    if version:
        return Door("predictions", version if _VERSION.fullmatch(version) else model_id)
    return Door(f"models/{owner}/{short}/predictions")


async def account(endpoint: Endpoint) -> str:
    """Whose token it is."""
    found = await asked(endpoint, "GET", "account")
    if not isinstance(found, dict):
        raise BrokenAnswerError("an account that is not an object", http_status=200)
    return str(found.get("username") or found.get("name") or "")


async def models(endpoint: Endpoint, *, pages: int = 1) -> tuple[RemoteModel, ...]:
    """The first pages of the public models, the newest first."""
    return await _listed(endpoint, RemoteModel, "models", pages=pages)


async def official_models(endpoint: Endpoint) -> tuple[RemoteModel, ...]:
    """The models that are always on and priced by their output."""
    found = await asked(endpoint, "GET", "collections/official")
    listed = found.get("models") if isinstance(found, dict) else None
    return _readable(RemoteModel, listed if isinstance(listed, list) else [])


async def search_models(endpoint: Endpoint, words: str) -> tuple[RemoteModel, ...]:
    """The models that fit the words, by the HTTP method QUERY."""
    page = parsed(_Page, await asked(endpoint, "QUERY", "models", words.encode(), {"content-type": "text/plain"}))
    return _readable(RemoteModel, page.results)


async def model(endpoint: Endpoint, path: str) -> RemoteModel:
    """One model by `owner/name`."""
    return parsed(RemoteModel, await asked(endpoint, "GET", f"models/{_checked(path)}"))


async def versions(endpoint: Endpoint, path: str) -> tuple[Version, ...]:
    """The versions of a model, the newest first."""
    return await _listed(endpoint, Version, f"models/{_checked(path)}/versions")


async def version(endpoint: Endpoint, path: str, version_id: str) -> Version:
    """One version of a model with its schema."""
    return parsed(Version, await asked(endpoint, "GET", f"models/{_checked(path)}/versions/{_checked(version_id)}"))


async def hardware(endpoint: Endpoint) -> tuple[Hardware, ...]:
    """The machines that there are."""
    found = await asked(endpoint, "GET", "hardware")
    return _readable(Hardware, found if isinstance(found, list) else [])


async def deployments(endpoint: Endpoint) -> tuple[Deployment, ...]:
    """The account's deployments."""
    return await _listed(endpoint, Deployment, "deployments")


async def deployment(endpoint: Endpoint, path: str) -> Deployment:
    """One deployment by `owner/name`."""
    return parsed(Deployment, await asked(endpoint, "GET", f"deployments/{_checked(path)}"))


async def create_deployment(endpoint: Endpoint, wanted: NewDeployment) -> Deployment:
    """A new deployment; the name must be free in the account."""
    body = {name: getattr(wanted, name) for name in NewDeployment.__slots__}
    return parsed(Deployment, await asked(endpoint, "POST", "deployments", body))


async def change_deployment(endpoint: Endpoint, path: str, **changes: Any) -> Deployment:
    """A new release with other `version`, `hardware`, `min_instances` or `max_instances`."""
    return parsed(Deployment, await asked(endpoint, "PATCH", f"deployments/{_checked(path)}", changes))


async def delete_deployment(endpoint: Endpoint, path: str) -> None:
    """Take it away; Replicate allows it when it was offline and unused for a quarter of an hour."""
    await asked(endpoint, "DELETE", f"deployments/{_checked(path)}")


async def run(endpoint: Endpoint, model_id: str, inputs: dict[str, Any]) -> Prediction:
    """Start a prediction and come back at once; nobody waits for it but whoever looks."""
    at = door(model_id)
    body: dict[str, Any] = {"version": at.version} if at.version else {}
    return parsed(Prediction, await asked(endpoint, "POST", at.path, {**body, "input": inputs}))


async def predictions(endpoint: Endpoint) -> tuple[Prediction, ...]:
    """The account's latest hundred predictions; their outputs are gone after an hour."""
    return await _listed(endpoint, Prediction, "predictions")


async def prediction(endpoint: Endpoint, prediction_id: str) -> Prediction:
    """One prediction as it stands."""
    return parsed(Prediction, await asked(endpoint, "GET", f"predictions/{_checked(prediction_id)}"))


async def cancel(endpoint: Endpoint, prediction_id: str) -> Prediction:
    """End a prediction; the answer may still say that it runs."""
    return parsed(Prediction, await asked(endpoint, "POST", f"predictions/{_checked(prediction_id)}/cancel"))


async def webhook_secret(endpoint: Endpoint) -> str:
    """What the account's webhooks are signed with, as Replicate writes it."""
    found = await asked(endpoint, "GET", "webhooks/default/secret")
    secret = str(found.get("key", "")) if isinstance(found, dict) else ""
    try:
        base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except (ValueError, binascii.Error):
        secret = ""
    if not secret.startswith(_SECRET_PREFIX) or secret == _SECRET_PREFIX:
        raise BrokenAnswerError("a webhook secret that is none", http_status=200)
    return secret


async def upload(endpoint: Endpoint, name: str, content: bytes, media_type: str) -> str:
    """Put a file where models can read it for a day; its address. Inputs above 256 kB need this."""
    boundary = secrets.token_hex(16)
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="{safe}"\r\n'
    body = f"{head}Content-Type: {media_type}\r\n\r\n".encode() + content + f"\r\n--{boundary}--\r\n".encode()
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    return parsed(_File, await asked(endpoint, "POST", "files", body, headers)).urls.get


async def _listed(endpoint: Endpoint, shape: type[ShapeT], path: str, *, pages: int = 1) -> tuple[ShapeT, ...]:
    """What the first pages list; the address of the next one is followed only on the same server."""
    found: tuple[ShapeT, ...] = ()
    for _ in range(pages):
        page = parsed(_Page, await asked(endpoint, "GET", path))
        found += _readable(shape, page.results)
        if not page.next or not is_own(endpoint, page.next):
            break
        path = page.next
    return found


def _readable(shape: type[ShapeT], rows: list[Any]) -> tuple[ShapeT, ...]:
    """The rows that have the shape: one odd row must not cost the whole list."""
    found = []
    for row in rows:
        try:
            found.append(parsed(shape, row))
        except BrokenAnswerError:
            continue
    return tuple(found)


def _checked(path: str) -> str:
    """A path of names, so that nobody's text leads elsewhere in the API."""
    if not all(_NAME.fullmatch(part) for part in path.split("/")):
        raise ModelUnavailableError(f"{path!r} is no name of Replicate's")
    return path
