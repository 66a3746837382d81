"""The Hugging Face Hub as a catalogue: models and data sets to search and read, and the rows of data sets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

from providers.adapters import hub_shapes as shapes
from providers.adapters import wire
from providers.adapters.hub_refusals import hub_failure
from providers.adapters.redaction import secrets_kept
from providers.errors import BrokenAnswerError, InvalidRequestError
from providers.types import Endpoint

T = TypeVar("T")

# What the rows' server gives at once.
LONGEST_PAGE = 100
LARGEST_SEARCH = 100
SORTS = ("trendingScore", "downloads", "likes", "lastModified", "createdAt")

_COMMON = ("author", "downloads", "likes", "gated", "private", "tags", "lastModified")
_MODEL_FIELDS = (
    *_COMMON,
    "createdAt",
    "pipeline_tag",
    "library_name",
    "inference",
    "inferenceProviderMapping",
)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?")
_NEXT = re.compile(r"<([^<>]+)>\s*;\s*rel=\"?next\"?")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A page of a search; `cursor` leads to the next one, empty at the end."""

    items: tuple[T, ...]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for. `warm`: only models that somebody serves now. `sort` is one of `SORTS`, the most first."""

    query: str = ""
    task: str = ""
    library: str = ""
    author: str = ""
    warm: bool = False
    sort: str = "trendingScore"
    limit: int = 20
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class RowsWanted:
    """A page of rows. With `query` only rows that contain its words, where the data set can be searched."""

    dataset_id: str
    config: str
    split: str
    offset: int = 0
    length: int = 20
    query: str = ""


@dataclass(frozen=True, slots=True)
class Hub:
    """The Hub and its server of rows, at the addresses of `endpoint.quirks`; the key is optional.

    Every method raises only ProviderError and its children: ModelUnavailableError for what is missing or private,
    ModelForbiddenError for a licence to accept first, OverloadedError for rows that are still being computed,
    RateLimitError, AuthenticationError, InvalidRequestError for a name that cannot be one, and what `wire` raises.
    """

    endpoint: Endpoint

    async def search_models(self, search: Search) -> Found[shapes.HubModel]:
        """Models that fit, a page of them."""
        asked = {
            **_searched(search),
            "pipeline_tag": search.task,
            "library": search.library,
            "inference": "warm" if search.warm else "",
            "expand[]": _MODEL_FIELDS,
        }
        body, cursor = await self._page("models", asked)
        return Found(shapes.models_of(body), cursor)

    async def model(self, model_id: str) -> shapes.HubModel:
        """One model with the partners that serve it."""
        body = await self._details("models", model_id, (*_MODEL_FIELDS, "cardData"))
        return shapes.model_of(body)

    async def search_datasets(self, search: Search) -> Found[shapes.HubDataset]:
        """Data sets that fit, a page of them; `library` and `warm` say nothing here."""
        task = f"task_categories:{search.task}" if search.task else ""
        asked = {**_searched(search), "filter": task, "expand[]": (*_COMMON, "description")}
        body, cursor = await self._page("datasets", asked)
        return Found(shapes.datasets_of(body), cursor)

    async def dataset(self, dataset_id: str) -> shapes.HubDataset:
        """One data set."""
        body = await self._details("datasets", dataset_id, (*_COMMON, "description", "cardData"))
        return shapes.dataset_of(body)

    async def dataset_splits(self, dataset_id: str) -> tuple[shapes.Split, ...]:
        """The configurations and splits that have rows."""
        return shapes.splits_of(await self._rows_server("splits", {"dataset": _named(dataset_id)}))

    async def dataset_rows(self, wanted: RowsWanted) -> shapes.Rows:
        """A page of rows, `LONGEST_PAGE` at most."""
        asked = {
            "dataset": _named(wanted.dataset_id),
            "config": wanted.config,
            "split": wanted.split,
            "query": wanted.query,
            "offset": str(max(0, wanted.offset)),
            "length": str(min(max(1, wanted.length), LONGEST_PAGE)),
        }
        return shapes.rows_of(await self._rows_server("search" if wanted.query else "rows", asked))

    async def _page(self, kind: str, asked: Mapping[str, str | Iterable[str]]) -> tuple[Any, str]:
        with secrets_kept(self.endpoint.api_key):
            reply = await self._get(_url(self.endpoint.quirks.hub_url, f"/api/{kind}", asked))
            return _json(_sound(reply, self.endpoint.api_key)), _cursor(reply)

    async def _details(self, kind: str, name: str, fields: tuple[str, ...]) -> Any:
        """The facts of one repository; an old name leads to the new one, once and on the same host."""
        path = f"/api/{kind}/{quote(_named(name), safe='/')}"
        url = _url(self.endpoint.quirks.hub_url, path, {"expand[]": fields})
        with secrets_kept(self.endpoint.api_key):
            reply = await self._get(url)
            if reply.status == HTTPStatus.TEMPORARY_REDIRECT and (moved := _moved(url, reply)):
                reply = await self._get(moved)
            return _json(_sound(reply, self.endpoint.api_key, repository=True))

    async def _rows_server(self, path: str, asked: Mapping[str, str | Iterable[str]]) -> Any:
        with secrets_kept(self.endpoint.api_key):
            reply = await self._get(_url(self.endpoint.quirks.rows_url, f"/{path}", asked))
            return _json(_sound(reply, self.endpoint.api_key, repository=True))

    async def _get(self, url: str) -> wire.Reply:
        return await wire.call(self.endpoint, "GET", url)


def is_name(text: str) -> bool:
    """Whether a text can be the id of a model or of a data set."""
    return bool(_NAME.fullmatch(text)) and ".." not in text


def _named(text: str) -> str:
    if not is_name(text):
        raise InvalidRequestError(f"“{text[:100]}” cannot be the name of a repository on the Hub")
    return text


def _searched(search: Search) -> dict[str, str]:
    if search.sort not in SORTS:
        raise InvalidRequestError(f"the Hub sorts by {', '.join(SORTS)}")
    return {
        "search": search.query.strip(),
        "author": search.author.strip(),
        "sort": search.sort,
        "limit": str(min(max(1, search.limit), LARGEST_SEARCH)),
        "cursor": search.cursor,
    }


def _url(base: str, path: str, asked: Mapping[str, str | Iterable[str]]) -> str:
    """An address with every parameter that says something."""
    return f"{base.rstrip('/')}{path}?{urlencode({name: v for name, v in asked.items() if v}, doseq=True)}"


def _cursor(reply: wire.Reply) -> str:
    """Where the next page begins. The whole address is never called: it is the server's word where our key would go."""
    match = _NEXT.search(reply.headers.get("link", ""))
    return parse_qs(urlsplit(match[1]).query).get("cursor", [""])[0] if match else ""


def _moved(url: str, reply: wire.Reply) -> str:
    """The address on the same host that a renamed repository leads to, or an empty string."""
    location = reply.headers.get("location", "")
    if not location.startswith("/") or location.startswith(("//", "/\\")):
        return ""
    here, there = urlsplit(url), urlsplit(location)
    return urlunsplit((here.scheme, here.netloc, there.path, there.query or here.query, ""))


def _json(reply: wire.Reply) -> Any:
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        raise BrokenAnswerError("the Hub's answer is not JSON", http_status=reply.status) from None


def _sound(reply: wire.Reply, secret: str, *, repository: bool = False) -> wire.Reply:
    """The reply if it is one. Raises what it amounts to."""
    if reply.status == HTTPStatus.OK:
        return reply
    raise hub_failure(reply, secret, repository=repository)
