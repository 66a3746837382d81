"""The addresses of the pages."""

from django.contrib.auth import views as auth_views
from django.urls import path
from django.views.i18n import set_language

from marketing import live, variant_views, views
from providers.access import Door, requires

urlpatterns = [
    path("", views.start, name="start"),
    path("create/posts/", views.posts, name="posts"),
    path("create/posts/check/<slug:name>/", views.posts_check, name="posts_check"),
    path("create/posts/notices/", views.posts_notices, name="posts_notices"),
    path("create/posts/save/", views.posts_save, name="posts_save"),
    path("create/posts/clear/", views.posts_clear, name="posts_clear"),
    path("jobs/<uuid:job_id>/", views.job, name="job"),
    path("jobs/<uuid:job_id>/events", live.events, name="job_events"),
    path("jobs/<uuid:job_id>/places/<slug:slug>/", views.place, name="job_place"),
    path("jobs/<uuid:job_id>/cancel", views.cancel, name="job_cancel"),
    path("jobs/<uuid:job_id>/retry", views.retry, name="job_retry"),
    path("variants/<uuid:variant_id>/", variant_views.card, name="variant"),
    path("variants/<uuid:variant_id>/edit", variant_views.edit, name="variant_edit"),
    path("variants/<uuid:variant_id>/restore", variant_views.restore, name="variant_restore"),
    path("variants/<uuid:variant_id>/measure", variant_views.measured, name="variant_measure"),
    path("variants/<uuid:variant_id>/keep", variant_views.keep, name="variant_keep"),
    path("variants/<uuid:variant_id>/regenerate", variant_views.regenerate, name="variant_regenerate"),
    path("variants/<uuid:variant_id>/progress", variant_views.progress, name="variant_progress"),
    path("library/", variant_views.library, name="library"),
    path(
        "accounts/login/",
        requires(Door.OPEN)(auth_views.LoginView.as_view(redirect_authenticated_user=True)),
        name="login",
    ),
    path("accounts/logout/", requires(Door.OPEN)(auth_views.LogoutView.as_view()), name="logout"),
    path("i18n/setlang/", requires(Door.OPEN)(set_language), name="set_language"),
]
