"""The providers app."""

import os
from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ProvidersConfig(AppConfig):
    """Everything about reaching AI providers, and about who may."""

    name = "providers"
    verbose_name = _("AI providers")

    def import_models(self) -> None:
        """Beside `models`, which are about providers: clients and the audit log."""
        super().import_models()
        for module in ("audit", "clients"):
            import_module(f"{self.name}.{module}")

    def ready(self) -> None:
        """Watch what is configured come, change and go, keep the roles, and refuse an unreadable catalogue."""
        from providers.access import watching
        from providers.access.permissions import ensure_roles
        from providers.catalogue import OWN_CATALOGUE, rows
        from providers.catalogue.shape import FaultyFileError
        from providers.configuration import removals

        removals.connect()
        watching.connect()
        try:
            if os.environ.get(OWN_CATALOGUE):
                rows()
        except FaultyFileError as exc:
            raise SystemExit("\n".join(exc.faults)) from None
        post_migrate.connect(ensure_roles, sender=self, dispatch_uid="providers.ensure_roles")
