"""The administration of what was imported (campaigns, files, column mappings) and of accepted suggestions."""

from __future__ import annotations

from django.contrib import admin

from marketing.models import AcceptedSuggestion, Campaign, CampaignFile, CampaignLayout


@admin.register(Campaign)
class CampaignAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """Campaigns; deleting one deletes its days."""

    list_display = ("name", "source", "account", "created_at")
    list_filter = ("source",)
    search_fields = ("name", "identity")
    readonly_fields = ("source", "account", "identity", "created_at")

    def has_add_permission(self, request: object) -> bool:  # noqa: ARG002 - Django's own signature
        """They come by import."""
        return False


@admin.register(CampaignFile)
class CampaignFileAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """Which files were imported, by whom and when."""

    list_display = ("name", "owner", "size", "lines", "created_at", "imported_at")
    search_fields = ("name", "sha256")
    readonly_fields = ("name", "sha256", "size", "lines", "owner", "created_at", "imported_at")

    def has_add_permission(self, request: object) -> bool:  # noqa: ARG002 - Django's own signature
        """Files come by the import page."""
        return False


@admin.register(CampaignLayout)
class CampaignLayoutAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """Remembered column mappings; deleting one asks again."""

    list_display = ("name", "updated_at")
    readonly_fields = ("signature", "choices", "updated_at")

    def has_add_permission(self, request: object) -> bool:  # noqa: ARG002 - Django's own signature
        """They come by the mapping page."""
        return False


@admin.register(AcceptedSuggestion)
class AcceptedSuggestionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """What was accepted, by whom, what was predicted and what came; nothing of it can be edited."""

    list_display = ("kind", "name", "by", "accepted_at", "expected", "low", "high", "state", "actual")
    list_filter = ("kind", "state", "currency")
    search_fields = ("name",)

    def has_add_permission(self, request: object) -> bool:  # noqa: ARG002 - Django's own signature
        """They come by the outlook page."""
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:  # noqa: ARG002 - Django's own signature
        """A prediction that could be changed afterwards would be none."""
        return False
