"""The project as a Django app: it brings the commands that run the whole."""

from django.apps import AppConfig


class PrometheusConfig(AppConfig):
    """The project."""

    name = "prometheus"
    verbose_name = "Prometheus AI"
