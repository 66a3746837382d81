"""The project as a Django app: it brings the commands that run the whole."""

from django.apps import AppConfig
from django.contrib.admin import apps as administration


class PrometheusConfig(AppConfig):
    """The project."""

    default = True
    name = "prometheus"
    verbose_name = "Prometheus AI"

    def ready(self) -> None:
        """Keep the product's own errors, and tell Sentry and a collector of spans where they are given."""
        from prometheus import own_errors, reporting, tracing

        own_errors.connect()
        reporting.report_to_sentry()
        tracing.tell_collector()


class AdministrationConfig(administration.AdminConfig):
    """Django's administration, opened by roles."""

    default = False

    default_site = "prometheus.administration.Administration"
