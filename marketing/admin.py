"""The administration of what was imported (campaigns, files, column mappings) and of accepted suggestions."""

from __future__ import annotations

from django.contrib import admin

from marketing.models import (
    AcceptedSuggestion,
    Campaign,
    CampaignFile,
    CampaignLayout,
    NotDuplicate,
    RecordFile,
    Suggestion,
)


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


@admin.register(RecordFile)
class RecordFileAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """Which files of releases and books were imported, by whom and when."""

    list_display = ("name", "form", "kind", "owner", "records", "created_at", "imported_at")
    list_filter = ("form", "kind")
    search_fields = ("name", "sha256")
    readonly_fields = (
        "name",
        "form",
        "kind",
        "sha256",
        "size",
        "records",
        "notes",
        "owner",
        "created_at",
        "imported_at",
    )

    def has_add_permission(self, request: object) -> bool:  # noqa: ARG002 - Django's own signature
        """Files come by the import page."""
        return False


@admin.register(Suggestion)
class SuggestionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """What was suggested for the catalogue's metadata, and what people made of it: for reading."""

    list_display = ("__str__", "source", "state", "decided_by", "created_at")
    list_filter = ("state", "source")
    search_fields = ("release__title", "book__title", "field")

    def has_add_permission(self, request: object) -> bool:  # noqa: ARG002 - Django's own signature
        """They come from the entry's page."""
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:  # noqa: ARG002 - Django's own signature
        """A decision is made on the entry's page, where it is written into the record."""
        return False


@admin.register(NotDuplicate)
class NotDuplicateAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """Pairs of entries that somebody called different; deleting one shows the pair again."""

    list_display = ("kind", "one", "other", "by", "created_at")
    list_filter = ("kind",)
    readonly_fields = ("kind", "one", "other", "by", "created_at")

    def has_add_permission(self, request: object) -> bool:  # noqa: ARG002 - Django's own signature
        """They come from the page of duplicates."""
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
