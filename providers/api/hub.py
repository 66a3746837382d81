"""The Lab API's window to the Hugging Face Hub: models, data sets and rows, to read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema
from pydantic import ConfigDict

from providers import hub
from providers.access import LabDoor, Permission, Scope
from providers.types import Capability

router = Router(tags=["Hugging Face Hub"], auth=LabDoor(Scope.MONITORING, Permission.CONFIGURE))
_LONGEST_CURSOR = 2000
# Names that a repository can have, perhaps after a person's or an organisation's.
_NAME = r"^[A-Za-z0-9](\.?[A-Za-z0-9_-]){0,95}(/[A-Za-z0-9](\.?[A-Za-z0-9_-]){0,95})?$"
_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]*$"
RepositoryName = Annotated[str, Path(pattern=_NAME, examples=["facebook/bart-large-mnli"])]


class _Search(Schema):
    query: str = Field(
        "",
        max_length=200,
        description="Words in the name.",
        examples=["sentiment"],
        pattern=_PRINTABLE,
    )
    task: str = Field("", max_length=60, description="A task in the Hub's words.", examples=["text-classification"])
    author: str = Field("", max_length=100, description="A person or organisation.")
    sort: Literal["trendingScore", "downloads", "likes", "lastModified", "createdAt"] = "trendingScore"
    limit: int = Field(20, ge=1, le=hub.LARGEST_SEARCH)
    cursor: str = Field("", max_length=_LONGEST_CURSOR, description="`next` of the page before.")


class ModelSearch(_Search):
    """What models to look for."""

    library: str = Field("", max_length=60, examples=["transformers"])
    warm: bool = Field(False, description="Only models that somebody serves now.")


class DatasetSearch(_Search):
    """What data sets to look for."""


class RowsAsked(Schema):
    """Which rows of a data set."""

    config: str = Field(max_length=200, examples=["default"])
    split: str = Field(max_length=100, examples=["train"])
    offset: int = Field(0, ge=0, le=10**12)
    length: int = Field(20, ge=1, le=hub.LONGEST_PAGE)
    query: str = Field(
        "",
        max_length=200,
        description="Only rows that contain these words.",
        pattern=_PRINTABLE,
    )


class Partner(Schema):
    """Who serves a model."""

    name: str
    live: bool
    task: str


class HubModel(Schema):
    """A model on the Hub. `capability` is what a provider could use it for; null where there is no use."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "facebook/bart-large-mnli",
                "task": "zero-shot-classification",
                "library": "transformers",
                "author": "facebook",
                "downloads": 2941003,
                "likes": 1480,
                "license": "mit",
                "gated": False,
                "private": False,
                "warm": True,
                "partners": [{"name": "hf-inference", "live": True, "task": "zero-shot-classification"}],
                "tags": ["license:mit"],
                "languages": ["en"],
                "capability": "zero-shot-classification",
                "changed_at": "2024-09-05T14:49:34Z",
            }
        }
    )

    id: str
    task: str
    library: str
    author: str
    downloads: int = Field(description="Of the last 30 days.")
    likes: int
    license: str
    gated: bool = Field(description="Whether its terms have to be accepted first.")
    private: bool
    warm: bool = Field(description="Whether somebody serves it now.")
    partners: list[Partner]
    tags: list[str]
    languages: list[str]
    capability: Capability | None
    changed_at: datetime | None

    @staticmethod
    def resolve_id(found: hub.HubModel) -> str:
        """The Hub's name for it."""
        return found.model_id

    @staticmethod
    def resolve_capability(found: hub.HubModel) -> Capability | None:
        """What it is good for here."""
        return hub.use_of(found).capability


class HubDataset(Schema):
    """A data set on the Hub."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "cardiffnlp/tweet_eval",
                "author": "cardiffnlp",
                "description": "Seven tasks on tweets.",
                "downloads": 30120,
                "likes": 120,
                "license": "unknown",
                "gated": False,
                "private": False,
                "tags": ["task_categories:text-classification"],
                "languages": ["en"],
                "tasks": ["text-classification"],
                "size": "100K<n<1M",
                "changed_at": "2024-01-04T16:40:33Z",
            }
        }
    )

    id: str
    author: str
    description: str
    downloads: int
    likes: int
    license: str
    gated: bool
    private: bool
    tags: list[str]
    languages: list[str]
    tasks: list[str]
    size: str = Field(description="The number of rows, as a range.")
    changed_at: datetime | None

    @staticmethod
    def resolve_id(found: hub.HubDataset) -> str:
        """The Hub's name for it."""
        return found.dataset_id


class ModelPage(Schema):
    """Models, and the cursor of the next page; null at the end."""

    items: list[HubModel]
    next: str | None = Field(examples=["eyIkb3IiOlt7…"])


class DatasetPage(Schema):
    """Data sets, and the cursor of the next page; null at the end."""

    items: list[HubDataset]
    next: str | None


class Split(Schema):
    """A part of a data set."""

    config: str = Field(examples=["default"])
    split: str = Field(examples=["train"])


class Splits(Schema):
    """The parts that have rows."""

    items: list[Split]


class Column(Schema):
    """A column; `kind` in the viewer's words."""

    name: str = Field(examples=["text"])
    kind: str = Field(examples=["string"])


class Row(Schema):
    """A row by its number in the split, from 0; the cells named in `truncated` are cut short."""

    number: int
    cells: dict[str, Any] = Field(examples=[{"text": "Great record", "label": 1}])
    truncated: list[str]


class Rows(Schema):
    """A page of rows. `partial`: only the beginning of a very large split was counted."""

    columns: list[Column]
    rows: list[Row]
    total: int = Field(examples=[25000])
    partial: bool


@router.get("/hub/models", response=ModelPage, summary="Search models")
def hub_models(request: HttpRequest, asked: Query[ModelSearch]) -> dict[str, Any]:  # noqa: ARG001 - an operation's signature
    """A page of models, the most of `sort` first."""
    found = hub.reader().search_models(hub.Search(**asked.model_dump()))
    return {"items": found.items, "next": found.cursor or None}


@router.get("/hub/models/{path:model_id}", response=HubModel, summary="Read a model")
def hub_model(request: HttpRequest, model_id: RepositoryName) -> hub.HubModel:  # noqa: ARG001 - an operation's signature
    """One model, with who serves it now."""
    return hub.reader().model(model_id)


@router.get("/hub/datasets", response=DatasetPage, summary="Search data sets")
def hub_datasets(request: HttpRequest, asked: Query[DatasetSearch]) -> dict[str, Any]:  # noqa: ARG001 - an operation's signature
    """A page of data sets, the most of `sort` first."""
    found = hub.reader().search_datasets(hub.Search(**asked.model_dump()))
    return {"items": found.items, "next": found.cursor or None}


# The two longer addresses come first: a data set's name may contain a slash.
@router.get("/hub/datasets/{path:dataset_id}/splits", response=Splits, summary="List the parts of a data set")
def hub_dataset_splits(request: HttpRequest, dataset_id: RepositoryName) -> dict[str, Any]:  # noqa: ARG001 - an operation's signature
    """The configurations and splits that have rows."""
    return {"items": hub.reader().dataset_splits(dataset_id)}


@router.get("/hub/datasets/{path:dataset_id}/rows", response=Rows, summary="Read rows of a data set")
def hub_dataset_rows(request: HttpRequest, dataset_id: RepositoryName, asked: Query[RowsAsked]) -> hub.Rows:  # noqa: ARG001 - an operation's signature
    """A page of rows; 503 with Retry-After while the Hub still prepares them."""
    return hub.reader().dataset_rows(hub.RowsWanted(dataset_id, **asked.model_dump()))


@router.get("/hub/datasets/{path:dataset_id}", response=HubDataset, summary="Read a data set")
def hub_dataset(request: HttpRequest, dataset_id: RepositoryName) -> hub.HubDataset:  # noqa: ARG001 - an operation's signature
    """One data set."""
    return hub.reader().dataset(dataset_id)
