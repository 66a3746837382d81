"""The providers app."""

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
        """Write down changes of what is configured, and see to it that the roles exist."""
        from providers.access import watching
        from providers.access.permissions import ensure_roles

        watching.connect()
        post_migrate.connect(ensure_roles, sender=self, dispatch_uid="providers.ensure_roles")
