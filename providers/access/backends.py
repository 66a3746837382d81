"""Django's model permissions, answered from the table of roles: an administrator has them all, others have none."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend

from providers.access.permissions import Permission, Person, may


class RoleBackend(BaseBackend):
    """Lets the administration's pages ask `has_perm` as they always do. It signs nobody in."""

    def has_perm(self, user_obj: Person, perm: str, obj: Any = None) -> bool:  # noqa: ARG002 - Django's own signature
        """Whether the person may do this to a table."""
        return may(user_obj, Permission.CONFIGURE)

    def has_module_perms(self, user_obj: Person, app_label: str) -> bool:  # noqa: ARG002 - Django's own signature
        """Whether the person may see anything of an app in the administration."""
        return may(user_obj, Permission.CONFIGURE)
