"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

from prometheus import api
from prometheus.health import healthz
from providers.webhooks import replicate_webhook

urlpatterns = [
    path("", include("marketing.urls")),
    path("capacity/", include("providers.admin.capacity_urls")),
    path("healthz", healthz, name="healthz"),
    path("webhooks/replicate/<slug:slug>/", replicate_webhook, name="replicate_webhook"),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls()),
]
