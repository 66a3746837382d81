"""What others may know about the providers without asking one: whether there is anybody to ask."""

from __future__ import annotations

from django.db.models import Q

from providers.models import Provider
from providers.types import LOCAL_PROTOCOL


def has_remote_provider() -> bool:
    """Whether at least one provider in use has a model and a key that was not refused; the local model is none.

    A model server of one's own needs no key.
    """
    keyed = Q(keys__enabled=True, keys__invalid_since=None)
    return (
        Provider.objects.filter(enabled=True, models__enabled=True, models__gone_since=None)
        .exclude(protocol=LOCAL_PROTOCOL)
        .filter(keyed | Q(allow_private_address=True))
        .exists()
    )
