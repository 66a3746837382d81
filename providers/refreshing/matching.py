"""Whether a model is in a vendor's list, although vendors list some models under other names. No Django."""

from __future__ import annotations

import re
from collections.abc import Iterable

from providers.types import ListedModel

# Gemini lists `models/gemini-…`, and takes the name with and without it.
_PREFIX = "models/"
# Routers take `org/name:fastest` and list `org/name`; but a `:free` model is a model of its own that comes and goes.
_OWN_SUFFIX = "free"
_DATE = r"-\d{4}(-?\d{2}-?\d{2})?"
_LATEST = "-latest"


class VendorList:
    """The models that a vendor listed, as they can be asked for."""

    def __init__(self, listed: Iterable[ListedModel]) -> None:
        self.models = {plain(one.model_id): one for one in listed}

    def find(self, model_id: str) -> ListedModel | None:
        """The model itself, whose facts are those of the list."""
        name = plain(model_id)
        base, _, suffix = name.partition(":")
        found = self.models.get(name) or self.models.get(f"{name}:latest")
        if found is None and suffix and suffix != _OWN_SUFFIX:
            found = self.models.get(base)
        return found

    def has_behind(self, model_id: str) -> bool:
        """Whether a model of the list stands behind an alias: `mistral-small-latest`, or a name without its date."""
        name = plain(model_id)
        if name.endswith(_LATEST):
            stem = name.removesuffix(_LATEST) + "-"
            return any(listed.startswith(stem) for listed in self.models)
        dated = re.compile(re.escape(name) + _DATE)
        return any(dated.fullmatch(listed) for listed in self.models)


def plain(model_id: str) -> str:
    """A model's name without what vendors put around it."""
    return model_id.removeprefix(_PREFIX).lower()
