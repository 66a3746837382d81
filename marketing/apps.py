"""The marketing app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MarketingConfig(AppConfig):
    """Everything that people make with it."""

    name = "marketing"
    verbose_name = _("Marketing")

    def ready(self) -> None:
        """What follows every saved text listens from here on."""
        from marketing import finding  # noqa: F401 - it connects itself
