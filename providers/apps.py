"""The providers app."""

import os

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProvidersConfig(AppConfig):
    """Everything about reaching AI providers."""

    name = "providers"
    verbose_name = _("AI providers")

    def ready(self) -> None:
        """Watch providers come and go, and refuse an operator's catalogue that cannot be read."""
        from providers.catalogue import OWN_CATALOGUE, rows
        from providers.catalogue.shape import FaultyFileError
        from providers.configuration import removals

        removals.connect()
        try:
            if os.environ.get(OWN_CATALOGUE):
                rows()
        except FaultyFileError as exc:
            raise SystemExit("\n".join(exc.faults)) from None
