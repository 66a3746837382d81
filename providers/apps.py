"""The providers app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProvidersConfig(AppConfig):
    """Everything about reaching AI providers."""

    name = "providers"
    verbose_name = _("AI providers")
