"""Addresses below `/capacity/`."""

from django.urls import path

from providers.admin import capacity_board, capacity_policy, capacity_story

urlpatterns = [
    path("", capacity_board.board, name="capacity"),
    path("limits/<int:pk>/accept/", capacity_board.accept_limit, name="capacity_accept"),
    path("policy/", capacity_policy.policy, name="capacity_policy"),
    path("requests/", capacity_story.requests, name="requests"),
    path("requests/<uuid:pk>/", capacity_story.story, name="request_story"),
]
