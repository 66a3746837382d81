"""What people made of answers, from which routing learns whom to prefer."""

from __future__ import annotations

from django.utils import timezone

from providers.models import Rating


def rate(subject: str, *, provider: str, model_id: str, score: float, feature: str = "", language: str = "") -> None:
    """Note that the answer `subject` was worth this: 1 kept as it was, 0 discarded; the latest judgement counts.

    `provider` and `model_id` as the answer's `tried` names them, `feature` and `language` as its task did.
    """
    Rating.objects.update_or_create(
        subject=subject,
        defaults={
            "provider_slug": provider,
            "model_id": model_id,
            "feature": feature,
            "language": language,
            "score": min(1.0, max(0.0, score)),
            "rated_at": timezone.now(),
        },
    )


def forget_rating(subject: str) -> None:
    """The judgement was taken back."""
    Rating.objects.filter(subject=subject).delete()
