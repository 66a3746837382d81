"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

from prometheus import api
from prometheus.health import healthz

urlpatterns = [
    path("", include("marketing.urls")),
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls()),
]
