"""The audit log at rest: who changed or saw what. Rows are added and never changed; the database holds that."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Deed(models.TextChoices):
    """What was done."""

    CREATED = "created", _("created")
    CHANGED = "changed", _("changed")
    DELETED = "deleted", _("deleted")
    ACTED = "acted", _("ran an action of the administration")
    KEY_SHOWN = "key shown", _("was shown a new key")
    KEY_ROTATED = "key rotated", _("rotated a key")
    KEY_REVOKED = "key revoked", _("revoked a key")
    KEYS_REWRAPPED = "keys rewrapped", _("re-encrypted stored keys")
    KEYS_REFUSED = "keys refused", _("sent too many bad keys")
    SIGNED_IN = "signed in", _("signed in")
    SIGNED_OUT = "signed out", _("signed out")
    SIGN_IN_FAILED = "sign-in failed", _("failed to sign in")
    SIGN_IN_PAUSED = "sign-in paused", _("was locked out after wrong passwords")
    REFUSED = "refused", _("was refused a page")
    SAW = "saw", _("saw")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    ACCEPTED = "accepted", _("accepted")
    EXPORTED = "exported", _("exported")
    ERASED = "erased", _("erased a person's data")


def deeds() -> list[tuple[str, object]]:
    """The deeds as choices; a function, so that a new one needs no migration."""
    return list(Deed.choices)


class AuditEntry(models.Model):
    """One deed. Names are copied: an entry outlives the account and the object that it is about."""

    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    actor = models.CharField(_("who"), max_length=150, blank=True, db_index=True)
    actor_kind = models.CharField(
        _("kind"),
        max_length=10,
        choices=[("person", _("person")), ("client", _("client")), ("system", _("system")), ("nobody", _("nobody"))],
    )
    role = models.CharField(_("role"), max_length=20, blank=True)
    deed = models.CharField(_("what"), max_length=20, choices=deeds)
    object_type = models.CharField(_("kind of object"), max_length=40, blank=True)
    object_id = models.CharField(_("object's id"), max_length=40, blank=True)
    object_name = models.CharField(_("object"), max_length=200, blank=True)
    address = models.GenericIPAddressField(_("from address"), null=True)
    request_id = models.CharField(_("request"), max_length=36, blank=True)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)

    class Meta:
        # Made by a migration and unknown to `flush`: nothing that empties tables may empty this one.
        managed = False
        db_table = "providers_auditentry"
        ordering = ["-pk"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.deed} {self.object_name}".strip()
