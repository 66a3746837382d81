"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

from prometheus import api, status
from prometheus.health import healthz
from providers.webhooks import replicate_webhook

urlpatterns = [
    path("", include("marketing.urls")),
    path("capacity/", include("providers.admin.capacity_urls")),
    path("monitoring/", include("providers.admin.monitoring_urls")),
    path("monitoring/status/", status.status, name="status"),
    path("healthz", healthz, name="healthz"),
    path("readyz", status.readyz, name="readyz"),
    path("metrics", status.metrics, name="metrics"),
    path("webhooks/replicate/<slug:slug>/", replicate_webhook, name="replicate_webhook"),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls()),
]
