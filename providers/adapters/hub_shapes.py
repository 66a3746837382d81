"""What the Hugging Face Hub and its dataset viewer say of models, data sets and rows, read into plain facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from providers.errors import BrokenAnswerError

LIVE = "live"
# The partner that serves the tasks of small models itself.
OWN_PARTNER = "hf-inference"
_LICENSE = "license:"

ShapeT = TypeVar("ShapeT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Partner:
    """Who serves a model, under which name of its own, for which task."""

    name: str
    live: bool
    task: str = ""
    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model on the Hub. `warm`: somebody serves it now. Counts are the Hub's; downloads of the last 30 days."""

    model_id: str
    task: str = ""
    library: str = ""
    author: str = ""
    downloads: int = 0
    likes: int = 0
    license: str = ""
    gated: bool = False
    private: bool = False
    warm: bool = False
    partners: tuple[Partner, ...] = ()
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    created_at: datetime | None = None
    changed_at: datetime | None = None

    @property
    def live_partners(self) -> tuple[str, ...]:
        """The names of those who serve it now."""
        return tuple(partner.name for partner in self.partners if partner.live)


@dataclass(frozen=True, slots=True)
class HubDataset:
    """A data set on the Hub. `description` is what its card begins with."""

    dataset_id: str
    author: str = ""
    description: str = ""
    downloads: int = 0
    likes: int = 0
    license: str = ""
    gated: bool = False
    private: bool = False
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    size: str = ""
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """A part of a data set that has rows."""

    config: str
    split: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a split; `kind` in the viewer's words (`string`, `int64`, `ClassLabel` …)."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its number in the split; the cells named in `truncated` are cut short."""

    number: int
    cells: Mapping[str, Any]
    truncated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows. `partial`: the viewer counted only a part of a very large split."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: int
    partial: bool = False


class _Foreign(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)


class _Repository(_Foreign):
    """What models and data sets have in common. A detail that is odd counts as not told."""

    id: str
    author: str | None = None
    downloads: int = 0
    likes: int = 0
    gated: bool | str = False
    private: bool = False
    tags: list[str] = Field(default_factory=list)
    card: dict[str, Any] = Field(default_factory=dict, alias="cardData")
    created_at: datetime | None = Field(default=None, alias="createdAt")
    changed_at: datetime | None = Field(default=None, alias="lastModified")

    @field_validator("tags", mode="before")
    @classmethod
    def _only_texts(cls, value: Any) -> Any:
        return [tag for tag in value if isinstance(tag, str)] if isinstance(value, list) else []

    @field_validator("card", mode="before")
    @classmethod
    def _only_a_table(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {}

    def facts(self) -> dict[str, Any]:
        """The common fields by our names."""
        return {
            "author": self.author or (self.id.partition("/")[0] if "/" in self.id else ""),
            "downloads": self.downloads,
            "likes": self.likes,
            "license": self._license(),
            "gated": bool(self.gated),
            "private": self.private,
            "tags": tuple(self.tags),
            "languages": self._tagged("language:") or self._plain_languages(),
            "changed_at": self.changed_at,
        }

    def _license(self) -> str:
        named = next(iter(self._tagged(_LICENSE)), "")
        stated = self.card.get("license")
        return named or (stated if isinstance(stated, str) else "")

    def _plain_languages(self) -> tuple[str, ...]:
        stated = self.card.get("language")
        listed = stated if isinstance(stated, list) else [stated]
        return tuple(one for one in listed if isinstance(one, str))

    def _tagged(self, prefix: str) -> tuple[str, ...]:
        return tuple(tag.removeprefix(prefix) for tag in self.tags if tag.startswith(prefix))


class _Mapped(_Foreign):
    provider: str = ""
    status: str = ""
    task: str = ""
    provider_id: str = Field(default="", validation_alias=AliasChoices("providerId", "provider_id"))


class _Model(_Repository):
    pipeline_tag: str | None = None
    library_name: str | None = None
    inference: Any = None
    mapping: list[_Mapped] = Field(default_factory=list, alias="inferenceProviderMapping")

    @field_validator("mapping", mode="before")
    @classmethod
    def _one_shape(cls, value: Any) -> Any:
        # The Hub answers with a table by partner, some of its servers with a list.
        if isinstance(value, dict):
            return [{**entry, "provider": name} for name, entry in value.items() if isinstance(entry, dict)]
        return value if isinstance(value, list) else []

    def model(self) -> HubModel:
        """The model as we know it."""
        partners = tuple(Partner(one.provider, one.status == LIVE, one.task, one.provider_id) for one in self.mapping)
        return HubModel(
            model_id=self.id,
            task=self.pipeline_tag or "",
            library=self.library_name or "",
            warm=self.inference == "warm" or any(partner.live for partner in partners),
            partners=partners,
            created_at=self.created_at,
            **self.facts(),
        )


class _Dataset(_Repository):
    description: str | None = None

    def dataset(self) -> HubDataset:
        """The data set as we know it."""
        return HubDataset(
            dataset_id=self.id,
            description=" ".join((self.description or "").split()),
            tasks=self._tagged("task_categories:"),
            size=next(iter(self._tagged("size_categories:")), ""),
            **self.facts(),
        )


class _Split(_Foreign):
    config: str
    split: str


class _Splits(_Foreign):
    splits: list[_Split]


class _Feature(_Foreign):
    name: str
    type: Any = None

    def kind(self) -> str:
        """The type in one word; a list says of what."""
        return _kind(self.type)


class _Row(_Foreign):
    row_idx: int
    row: dict[str, Any]
    truncated_cells: list[str] = Field(default_factory=list)


class _Rows(_Foreign):
    features: list[_Feature]
    rows: list[_Row]
    num_rows_total: int = 0
    partial: bool = False


_MODELS = TypeAdapter(list[_Model])
_DATASETS = TypeAdapter(list[_Dataset])


def models_of(body: Any) -> tuple[HubModel, ...]:
    """The models of a search. Raises BrokenAnswerError."""
    try:
        return tuple(found.model() for found in _MODELS.validate_python(body))
    except ValidationError as exc:
        raise _not("a list of models", exc) from exc


def datasets_of(body: Any) -> tuple[HubDataset, ...]:
    """The data sets of a search. Raises BrokenAnswerError."""
    try:
        return tuple(found.dataset() for found in _DATASETS.validate_python(body))
    except ValidationError as exc:
        raise _not("a list of data sets", exc) from exc


def model_of(body: Any) -> HubModel:
    """One model. Raises BrokenAnswerError."""
    return _read(_Model, body, "a model").model()


def dataset_of(body: Any) -> HubDataset:
    """One data set. Raises BrokenAnswerError."""
    return _read(_Dataset, body, "a data set").dataset()


def splits_of(body: Any) -> tuple[Split, ...]:
    """The splits of a data set. Raises BrokenAnswerError."""
    return tuple(Split(one.config, one.split) for one in _read(_Splits, body, "a list of splits").splits)


def rows_of(body: Any) -> Rows:
    """A page of rows. Raises BrokenAnswerError."""
    found = _read(_Rows, body, "a page of rows")
    return Rows(
        columns=tuple(Column(feature.name, feature.kind()) for feature in found.features),
        rows=tuple(Row(row.row_idx, row.row, tuple(row.truncated_cells)) for row in found.rows),
        total=found.num_rows_total,
        partial=found.partial,
    )


def _read(shape: type[ShapeT], body: Any, what: str) -> ShapeT:
    try:
        return shape.model_validate(body)
    except ValidationError as exc:
        raise _not(what, exc) from exc


def _kind(said: Any) -> str:
    if isinstance(said, list):
        return f"list of {_kind(said[0])}" if said else "list"
    if not isinstance(said, dict):
        return "" if said is None else str(said)
    kind = said.get("_type")
    if kind == "Value" and isinstance(said.get("dtype"), str):
        return str(said["dtype"])
    if kind in {"Sequence", "List", "LargeList"}:
        return f"list of {_kind(said.get('feature'))}"
    return kind if isinstance(kind, str) else "struct"


def _not(what: str, exc: ValidationError) -> BrokenAnswerError:
    fault = exc.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in fault["loc"]) or "body"
    return BrokenAnswerError(f"not {what}: {where}: {fault['msg']}", http_status=200)
