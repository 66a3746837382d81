"""Files of whole records between being read and being stored."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RecordFile(models.Model):
    """An uploaded file of releases or books: what it was taken for. Its records go once they are stored."""

    name = models.CharField(_("file"), max_length=200)
    form = models.CharField(_("format"), max_length=10)
    kind = models.CharField(_("kind"), max_length=10)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveBigIntegerField(_("bytes"))
    records = models.PositiveIntegerField(_("records"), default=0)
    # What the official schema says of the file.
    notes = models.JSONField(_("notes of the schema"), default=list, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    imported_at = models.DateTimeField(_("imported"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("file of records")
        verbose_name_plural = _("files of records")

    def __str__(self) -> str:
        return self.name


class RecordFilePart(models.Model):
    """So many records of a file as one row: reading a part at a time keeps a large file out of memory."""

    file = models.ForeignKey(RecordFile, on_delete=models.CASCADE, related_name="parts")
    position = models.PositiveIntegerField()
    rows = models.JSONField(default=list)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["file", "position"], name="one_part_a_position")]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.position}"
