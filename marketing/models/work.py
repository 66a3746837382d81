"""Work in progress: open briefs, jobs and the variants they bring."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from providers.types import Value


class Brief(models.Model):
    """A form as its author left it, valid or not: what was typed survives a closed tab."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="briefs")
    content_type = models.SlugField(_("content type"))
    data = models.JSONField(_("as typed"), default=dict)
    updated_at = models.DateTimeField(_("saved"), auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "content_type"], name="one_open_brief_a_type")]
        verbose_name = _("open brief")
        verbose_name_plural = _("open briefs")

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.content_type}"


class BriefSet(models.Model):
    """One brief for many channels and languages; its jobs are ordinary ones, and they are the truth about it.

    `brief` is the form as it was sent, to begin another one from it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="brief_sets")
    title = models.CharField(_("title"), max_length=200)
    brief = models.JSONField(_("brief"))
    created_at = models.DateTimeField(_("asked"), default=timezone.now)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["owner", "-created_at"], name="brief_set_by_owner")]
        verbose_name = _("whole campaign")
        verbose_name_plural = _("whole campaigns")

    def __str__(self) -> str:
        return self.title


def _request_id() -> str:
    # The access room has models of its own, which are not ready while this one's are made.
    from providers.access import current_request_id

    return current_request_id()


def _trace() -> str:
    from providers.access import carried_trace

    return carried_trace()


class Job(models.Model):
    """One piece of work and the only truth about it; the queue merely wakes a worker.

    `token` names the claim that may write; `lease_until` is when another worker may take over. `version` grows with
    every change a person can see. `steps` is what happened so far, oldest first, as `marketing.steps.Step` describes.
    `content_type` names a content type or a kind of long work; it belongs to the person or to the client that asked.
    `options` is how it is to be done rather than what (`marketing.services.Options`).
    `checkpoint` is where a takeover goes on with long work, `result` what it brought.
    """

    class State(models.TextChoices):
        """Where a job stands."""

        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="jobs"
    )
    client = models.ForeignKey(
        "providers.Client",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="jobs",
        verbose_name=_("client"),
    )
    brief_set = models.ForeignKey(
        BriefSet, null=True, blank=True, on_delete=models.CASCADE, related_name="jobs", verbose_name=_("whole campaign")
    )
    comparison = models.ForeignKey(
        "Comparison",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="jobs",
        verbose_name=_("blind comparison"),
    )
    content_type = models.SlugField(_("content type"))
    title = models.CharField(_("title"), max_length=200)
    brief = models.JSONField(_("brief"))
    options = models.JSONField(default=dict, blank=True)
    regenerates = models.ForeignKey(
        "Variant", null=True, blank=True, on_delete=models.CASCADE, related_name="regenerations"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    token = models.CharField(max_length=32, blank=True)
    claims = models.PositiveIntegerField(_("times claimed"), default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=0)
    steps = models.JSONField(_("steps"), default=list)
    parts_total = models.PositiveIntegerField(_("parts"), default=1)
    parts_done = models.PositiveIntegerField(_("parts done"), default=0)
    checkpoint = models.JSONField(default=dict, blank=True)
    result = models.JSONField(_("result"), default=dict, blank=True)
    failure = models.JSONField(_("failure"), default=dict, blank=True)
    # Of whoever asked: the same in every line of the log that the job causes.
    request_id = models.CharField(max_length=40, blank=True, default=_request_id, db_default="")
    # W3C's `traceparent` of the span in which it was asked for; empty where nobody gathers spans.
    trace = models.CharField(max_length=55, blank=True, default=_trace, db_default="", editable=False)
    created_at = models.DateTimeField(_("asked"), default=timezone.now)
    enqueued_at = models.DateTimeField(default=timezone.now)
    # Asleep until then, as there was no capacity; its worker does something else.
    not_before = models.DateTimeField(_("asleep until"), null=True, blank=True)
    due_at = models.DateTimeField(_("needed by"), null=True, blank=True)
    value = models.PositiveSmallIntegerField(_("value"), default=Value.NORMAL)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="job_by_owner"),
            models.Index(fields=["enqueued_at"], name="job_unfinished", condition=Q(state__in=["waiting", "running"])),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=False, client__isnull=True) | Q(owner__isnull=True, client__isnull=False),
                name="job_of_a_person_or_a_client",
            ),
        ]
        verbose_name = _("job")
        verbose_name_plural = _("jobs")

    def __str__(self) -> str:
        return self.title

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}


class ApiRequest(models.Model):
    """A request that carried an Idempotency-Key, and the job that it became: sent again, it leads to the same job."""

    # `client:5` or `person:3`: whose key it is.
    asker = models.CharField(max_length=30)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="api_requests")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asker", "key"], name="one_request_a_key")]

    def __str__(self) -> str:
        return f"{self.asker} {self.key}"


class Variant(models.Model):
    """One text for one platform. `original_*` is what the provider wrote, `title` and `text` what a person made of it.

    `fields` are the values of a text with several fields (an ad, an e-mail), by field; then `text` is all of them for
    reading. `grounding` is what each sentence claims and draws on, and what people confirmed.

    A regenerated variant stays, and `replaced_by` leads to the newer one. `root` is the job on whose page it stands,
    `job` the one that wrote it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    root = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="variants")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="written")
    platform = models.SlugField(_("platform"))
    position = models.PositiveSmallIntegerField(_("number"))
    language = models.CharField(_("language"), max_length=5)
    title = models.CharField(_("title"), max_length=300, blank=True)
    text = models.TextField(_("text"))
    original_title = models.CharField(max_length=300, blank=True)
    original_text = models.TextField()
    fields = models.JSONField(_("fields"), default=dict, blank=True)
    original_fields = models.JSONField(default=dict, blank=True)
    grounding = models.JSONField(_("grounding"), default=dict, blank=True)
    offline = models.BooleanField(_("offline draft"), default=False)
    notes = models.JSONField(default=list, blank=True)
    provenance = models.JSONField(_("provenance"), default=dict)
    replaced_by = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaces"
    )
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)
    kept_at = models.DateTimeField(_("kept"), null=True, blank=True)

    class Meta:
        ordering = ["created_at", "platform", "position"]
        constraints = [
            # However often a job is taken over, each of its places is written once.
            models.UniqueConstraint(fields=["job", "platform", "position"], name="one_variant_a_place"),
        ]
        indexes = [
            # What the library leafs through: the kept ones, the latest first.
            models.Index(fields=["-kept_at", "-id"], name="variant_kept", condition=Q(kept_at__isnull=False)),
            models.Index(
                fields=["platform", "-kept_at", "-id"],
                name="variant_kept_on_platform",
                condition=Q(kept_at__isnull=False),
            ),
        ]
        verbose_name = _("variant")
        verbose_name_plural = _("variants")

    def __str__(self) -> str:
        return f"{self.platform} {self.position}"
