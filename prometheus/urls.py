"""Every address of the product."""

from django.contrib import admin
from django.urls import path

from prometheus.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
]
