"""Accounts: a person has a name, a password and a role; Django's single permissions and flags mean nothing here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from providers.access.permissions import Role, roles_of

# The four roles are fixed: a group beside them would give nobody any right.
admin.site.unregister(Group)
admin.site.unregister(User)


class RoleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # it cannot be subscripted at run time
    """Roles by their names in the reader's language."""

    def label_from_instance(self, obj: Group) -> str:
        """A role's name."""
        return str(Role(obj.name).label)


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # it cannot be subscripted at run time
    """People and their roles."""

    list_display = ("username", "first_name", "last_name", "role", "is_active", "last_login")
    list_filter = ("groups", "is_active")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "is_superuser")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Role"), {"fields": ("groups", "is_active", "is_superuser")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2", "groups")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With the roles, in a fixed number of queries."""
        found: QuerySet[User] = super().get_queryset(request)
        return found.prefetch_related("groups")

    @admin.display(description=_("role"))
    def role(self, user: User) -> str:
        """The roles of an account; a superuser is an administrator."""
        return ", ".join(str(role.label) for role in roles_of(user)) or "–"

    def formfield_for_manytomany(self, db_field: ManyToManyField[Any, Any], request: Any, **options: Any) -> Any:
        """The roles as boxes to tick."""
        if db_field.name != "groups":
            return super().formfield_for_manytomany(db_field, request, **options)
        roles = Group.objects.filter(name__in=Role.values).order_by("pk")
        return RoleField(
            roles,
            widget=forms.CheckboxSelectMultiple,
            required=False,
            label=_("Roles"),
            help_text=_("Without a role an account may open nothing. Several roles add up."),
        )
