"""Answers that were given under a client's own key, so that asking again spends nothing."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class StoredAnswer(models.Model):
    """One request of a client under one key: running while `status` is empty, then answered.

    `client` is a client's number in the words of its door. `key` is the client's own, or `cache:` and the fingerprint.
    `request_id` stays when another process takes a dead one's place, so that vendor runs are resumed.
    """

    client = models.CharField(max_length=40)
    key = models.CharField(max_length=300)
    fingerprint = models.CharField(max_length=64)
    request_id = models.UUIDField(default=uuid.uuid4)
    token = models.UUIDField(default=uuid.uuid4)
    leased_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    content = models.BinaryField(default=bytes)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="one_answer_a_key")]

    def __str__(self) -> str:
        return f"{self.client}: {self.key}"
