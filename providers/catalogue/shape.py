"""The shape of a providers file: what may stand in it, and faults that name their place. No Django."""

from __future__ import annotations

import difflib
import ipaddress
import re
import tomllib
import zoneinfo
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from providers.adapters.base import registry
from providers.types import LOCAL_PROTOCOL, Capability

ENVIRONMENT_PREFIX = "env:"
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
# A real key has lower case letters or dashes; this is a variable whose `env:` was forgotten.
BARE_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
KEY = re.compile(r"[\x21-\x7e]+")
_PATH = re.compile(r"(?:https://[\w.-]+(?::\d+)?(?:/[\w./-]*)?|[\w./-]*)")
_SECRET_HEADERS = {"authorization", "x-api-key", "x-goog-api-key", "cookie", "proxy-authorization"}
_INSIDE_ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
# What a column for positive numbers holds on every database.
_MOST = 2_147_483_647
_MOST_BIG = 9_223_372_036_854_775_807

ModelT = TypeVar("ModelT", bound=BaseModel)


class FaultyFileError(Exception):
    """A providers file that cannot be used; `faults` has one line for each thing to mend, never a secret."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def is_private_address(url: str) -> bool:
    """Whether the text of an address already says that it leads to a private network; no look-up is made."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_INSIDE_ENDINGS)


def normal_base_url(url: str) -> str:
    """An address without the slash at its end. Raises ValueError with what to change."""
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write an address that begins with https:// (or http:// for a server of your own)")
    if parts.username or parts.password:
        raise ValueError("leave the user name and password out of the address; a key belongs in api_keys")
    if parts.query or parts.fragment or "{" in url or re.search(r"\s", url.strip()):
        raise ValueError("write the address only, without spaces, {placeholders}, ? or #")
    if parts.port == 0:
        raise ValueError("write a port from 1 to 65535")
    return url.strip().rstrip("/")


def _base_url(url: str) -> str:
    return normal_base_url(url) if url else ""


def _path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError("write a path such as models or /health, or a whole address that begins with https://")
    return path


def _time_zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise ValueError("write a time zone such as UTC or America/Los_Angeles") from None
    return name


def known_protocol(name: str) -> str:
    """A protocol that an adapter speaks. Raises ValueError with those that there are."""
    if name not in registry():
        raise ValueError(f"write {', '.join(repr(known) for known in sorted(registry()))}")
    return name


def _key(entry: str) -> str:
    """An API key of the file. The messages never repeat it."""
    if entry.startswith(ENVIRONMENT_PREFIX):
        if not VARIABLE_NAME.fullmatch(entry.removeprefix(ENVIRONMENT_PREFIX)):
            raise ValueError("after env: write the name of an environment variable, for example env:GROQ_API_KEY")
    elif BARE_VARIABLE.fullmatch(entry):
        raise ValueError("this looks like the name of an environment variable; write env: before it")
    elif not KEY.fullmatch(entry):
        raise ValueError("a key has no spaces and no letters beyond ASCII")
    return entry


Count = Annotated[int, Field(strict=True, ge=1, le=_MOST)]
BigCount = Annotated[int, Field(strict=True, ge=1, le=_MOST_BIG)]
Flag = Annotated[bool, Field(strict=True)]
Text = Annotated[str, Field(min_length=1)]
# Below the base URL, from the host's root, or a whole address: some vendors keep a check elsewhere.
Path = Annotated[str, Field(max_length=200), AfterValidator(_path)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class CountsEntry(_Entry):
    """How much is allowed; what is left out is not limited."""

    requests_per_second: BigCount | None = None
    requests_per_minute: BigCount | None = None
    requests_per_hour: BigCount | None = None
    requests_per_day: BigCount | None = None
    requests_per_month: BigCount | None = None
    tokens_per_minute: BigCount | None = None
    tokens_per_hour: BigCount | None = None
    tokens_per_day: BigCount | None = None
    tokens_per_month: BigCount | None = None
    tokens_per_request: BigCount | None = None
    concurrent_requests: BigCount | None = None

    def counts(self) -> dict[str, int]:
        """The limits that are set, by their names in the file."""
        return {name: count for name in CountsEntry.model_fields if (count := getattr(self, name)) is not None}


def _limit(name: str) -> str:
    if name not in CountsEntry.model_fields:
        raise ValueError(f"name a limit such as {next(iter(CountsEntry.model_fields))}")
    return name


class CountedEntry(_Entry):
    """How a single limit is counted where it differs from its table."""

    scope: Literal["key", "account", "provider"] | None = None
    per_model: Flag | None = None
    window: Literal["sliding", "fixed", "calendar"] | None = None


class ModelLimitsEntry(CountsEntry):
    """The limits of one model. `counted` names those that are counted in another way than the provider's."""

    counted: dict[Annotated[str, AfterValidator(_limit)], CountedEntry] = Field(default_factory=dict)


class LimitsEntry(ModelLimitsEntry):
    """The limits of a provider and how it counts.

    `scope` says whose uses are counted together, `per_model` that every model has the limits for itself. `window` is
    for seconds to hours, `day_window` for days and months: `sliding`, `fixed` (from the first use) or `calendar`, which
    begins at midnight of `reset_timezone`.
    """

    scope: Literal["key", "account", "provider"] = "account"
    per_model: Flag = False
    window: Literal["sliding", "fixed", "calendar"] = "sliding"
    day_window: Literal["sliding", "fixed", "calendar"] = "calendar"
    reset_timezone: Annotated[str, Field(max_length=60), AfterValidator(_time_zone)] = "UTC"


class QuirksEntry(_Entry):
    """Departures from the protocol, field for field `providers.types.Quirks`."""

    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    refused_parameters: list[Text] = Field(default_factory=list)
    stream_usage: Flag = True
    seed_field: Text = "seed"
    extra_headers: dict[str, str] = Field(default_factory=dict)
    json_mode: Literal["json_schema", "json_object", "none"] = "json_schema"
    json_in_streams: Flag = True
    call_id_length: Annotated[int, Field(strict=True, ge=0, le=64)] = 0
    check_path: Path = "models"
    check_method: Literal["GET", "POST"] = "GET"
    check_field: Annotated[str, Field(max_length=100, pattern=r"^([\w.]+(=\w+)?)?$")] = ""
    models_path: Path = "models"
    embedding_fields: dict[str, str] = Field(default_factory=dict)
    embedding_batch: Annotated[int, Field(strict=True, ge=1, le=2048)] = 2048
    image_sizes: list[Annotated[str, Field(pattern=r"^[1-9]\d{1,4}x[1-9]\d{1,4}$")]] = Field(default_factory=list)
    image_response_format: Literal["", "b64_json", "url"] = ""
    hub_url: Annotated[str, Field(max_length=300), AfterValidator(normal_base_url)] = "https://huggingface.co"
    rows_url: Annotated[str, Field(max_length=300), AfterValidator(normal_base_url)] = (
        "https://datasets-server.huggingface.co"
    )

    @model_validator(mode="after")
    def _no_secret_headers(self) -> QuirksEntry:
        for name in self.extra_headers:
            if name.lower() in _SECRET_HEADERS:
                raise ValueError(f"extra_headers: {name} carries a secret; a key belongs in api_keys")
        return self

    def stored(self) -> dict[str, Any]:
        """What differs from the protocol, as the database keeps it."""
        return self.model_dump(exclude_defaults=True)


class ModelEntry(_Entry):
    """One model of a provider."""

    id: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S+$")]
    capabilities: Annotated[list[Capability], Field(min_length=1)]
    context_tokens: Count = 8192
    max_output_tokens: Count = 2048
    quality: Annotated[int, Field(strict=True, ge=1, le=5)] = 2
    # Where the quality differs by language: `languages = { pl = 3 }`.
    languages: dict[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")], Annotated[int, Field(strict=True, ge=1, le=5)]] = (
        Field(default_factory=dict)
    )
    json_schema: Flag = False
    streaming: Flag = True
    enabled: Flag = True
    shutdown_on: date | None = None
    limits: ModelLimitsEntry | None = None


class ProviderEntry(_Entry):
    """One provider. `enabled`, `api_keys`, `limits` and `quirks` that are absent leave what is stored as it is."""

    slug: Annotated[str, Field(max_length=50, pattern=r"^[-a-zA-Z0-9_]+$")]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    enabled: Flag | None = None
    protocol: Annotated[str, AfterValidator(known_protocol)] = "openai"
    tier: Literal["free", "freemium", "paid"] = "free"
    base_url: Annotated[str, Field(max_length=300), AfterValidator(_base_url)] = ""
    priority: Annotated[int, Field(strict=True, ge=0, le=_MOST)] = 100
    weight: Count = 1
    api_keys: list[Annotated[str, AfterValidator(_key)]] | None = Field(default=None, repr=False)
    trains_on_data: Flag = False
    timeout_seconds: Count = 30
    failure_threshold: Count = 5
    recovery_seconds: Count = 60
    allow_private_address: Flag = False
    limits: LimitsEntry | None = None
    quirks: QuirksEntry | None = None
    models: list[ModelEntry] = Field(default_factory=list, alias="model")

    @model_validator(mode="after")
    def _hangs_together(self) -> ProviderEntry:
        if self.protocol != LOCAL_PROTOCOL and not self.base_url:
            raise ValueError("base_url: is missing")
        if repeated := _repeated(model.id for model in self.models):
            raise ValueError(f'model "{repeated}" stands here twice')
        # Never names the key itself.
        if _repeated(self.api_keys or ()):
            raise ValueError("api_keys: the same key stands here twice")
        return self


class ProvidersFile(_Entry):
    """A whole providers file."""

    providers: list[ProviderEntry] = Field(default_factory=list, alias="provider")

    @model_validator(mode="after")
    def _slugs_differ(self) -> ProvidersFile:
        if repeated := _repeated(entry.slug for entry in self.providers):
            raise ValueError(f'provider "{repeated}" stands here twice')
        return self


def _repeated(items: Iterable[str]) -> str:
    """The first item that comes a second time, or an empty string."""
    seen: set[str] = set()
    return next((item for item in items if item in seen or seen.add(item)), "")  # type: ignore[func-returns-value]  # add() answers None, which lets the search go on


def check_quirks(raw: Any) -> dict[str, Any]:
    """Departures from the protocol as the database keeps them. Raises FaultyFileError."""
    try:
        return QuirksEntry.model_validate(raw).stored()
    except ValidationError as exc:
        raise FaultyFileError(_fault(error, {}) for error in exc.errors()) from None


def read_toml(text: str, shape: type[ModelT]) -> ModelT:
    """A TOML text in a given shape. Raises FaultyFileError with one line for each fault."""
    try:
        # A byte order mark is what some Windows editors leave at the beginning.
        raw = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as exc:
        raise FaultyFileError([f"not a TOML file: {exc}"]) from None
    try:
        return shape.model_validate(raw)
    except ValidationError as exc:
        # Without its cause: that would carry the keys of the file into a traceback.
        raise FaultyFileError(dict.fromkeys(_fault(error, raw) for error in exc.errors())) from None


def load(text: str) -> ProvidersFile:
    """The providers file in a TOML text. Raises FaultyFileError with one line for each fault."""
    return read_toml(text, ProvidersFile)


_WORDS = {
    "missing": "is missing",
    "int_type": "write a whole number",
    "bool_type": "write true or false",
    "string_type": "write a text in quotation marks",
    "list_type": "write a list in square brackets",
    "dict_type": "write a table",
    "model_type": "write a table",
    "model_attributes_type": "write a table",
    "too_short": "name at least one",
    "string_too_short": "must not be empty",
}
_FIELDS = sorted(
    {
        field.alias or name
        for entry in (ProvidersFile, ProviderEntry, LimitsEntry, QuirksEntry, ModelEntry)
        for name, field in entry.model_fields.items()
    }
)


def _fault(error: ErrorDetails, raw: dict[str, Any]) -> str:
    """One line about one fault: where, and what to write there."""
    place = error["loc"]
    where = _where(place, raw)
    words = _words(error["type"], error["msg"], error.get("ctx", {}), str(place[-1]) if place else "")
    return f"{where}: {words}" if where else words


def _words(kind: str, message: str, facts: dict[str, Any], field: str) -> str:
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(field, _FIELDS, n=1, cutoff=0.5)
        return f"unknown field; did you mean {close[0]}?" if close else "unknown field"
    if kind in {"literal_error", "enum"}:
        return f"write {facts['expected']}"
    if kind == "greater_than_equal":
        return f"write a whole number of at least {facts['ge']}"
    if kind == "less_than_equal":
        return f"write a whole number of at most {facts['le']}"
    if kind == "string_too_long":
        return f"write at most {facts['max_length']} characters"
    if kind == "string_pattern_mismatch":
        return "write letters, digits, - and _ only" if field == "slug" else "write it without spaces and signs"
    return _WORDS.get(kind, message.removeprefix("Value error, "))


def _where(place: tuple[int | str, ...], raw: dict[str, Any]) -> str:
    """`provider "groq", model "x", quality` out of pydantic's path."""
    parts: list[str] = []
    node: Any = raw
    rest = list(place)
    for table, label in (("provider", "slug"), ("model", "id")):
        if len(rest) > 1 and rest[0] == table and isinstance(rest[1], int):
            node = node[table][rest[1]]
            name = node.get(label) if isinstance(node, dict) else None
            parts.append(f'{table} "{name}"' if isinstance(name, str) and name else f"{table} number {rest[1] + 1}")
            rest = rest[2:]
    field = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in rest).removeprefix(".")
    return ", ".join([*parts, field] if field else parts)
