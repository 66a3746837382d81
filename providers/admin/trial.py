"""A test on an administrator's wish: the key, and a question to a model where they want it."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field, replace

from django.db.models import QuerySet
from django.utils import timezone

from providers.adapters.base import adapter_for
from providers.adapters.redaction import redact
from providers.admin.explaining import BY_HAND
from providers.errors import AuthenticationError, ModelUnavailableError, NetworkError, ProviderError
from providers.models import AIModel, Attempt, Circuit, Provider, ProviderKey
from providers.orchestrator import run
from providers.types import (
    LOCAL_PROTOCOL,
    Capability,
    ChatRequest,
    Classification,
    ClassificationRequest,
    Completion,
    EmbeddingRequest,
    Embeddings,
    Endpoint,
    Message,
    ModerationRequest,
    Request,
    Result,
    Role,
    SummaryRequest,
    Usage,
)

FEATURE = "test"
# A test holds a thread of the web server while it waits, and pages need some too.
MOST_AT_ONCE = 4
_LONGEST_ANSWER = 500
# Reasoning models think before the first word.
_ANSWER_TOKENS = 200

# The smallest request of each capability. None for pictures: one costs more than a test is worth.
QUESTIONS: dict[Capability, Request] = {
    Capability.TEXT_GENERATION: ChatRequest(
        (Message(Role.USER, "Answer with one word: what colour is a clear sky?"),),
        max_tokens=_ANSWER_TOKENS,
    ),
    Capability.EMBEDDINGS: EmbeddingRequest(("The sky is blue.",)),
    Capability.MODERATION: ModerationRequest(("The sky is blue.",)),
    Capability.CLASSIFICATION: ClassificationRequest("The sky is blue."),
    Capability.ZERO_SHOT_CLASSIFICATION: ClassificationRequest("The sky is blue.", ("weather", "money")),
    Capability.SUMMARIZATION: SummaryRequest("The sky is blue on a clear day and grey on a cloudy one.", max_words=10),
}
_turns = threading.BoundedSemaphore(MOST_AT_ONCE)


class BusyError(Exception):
    """As many tests as may run at once are running in this process."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is tested: a provider with one of its keys (None where it needs none) and one of its models."""

    provider: Provider
    key: ProviderKey | None
    model: AIModel | None

    def endpoint(self) -> Endpoint:
        """Where the test goes. Raises AuthenticationError when the key cannot be had."""
        provider = self.provider
        return Endpoint(
            provider=provider.slug,
            protocol=provider.protocol,
            base_url=provider.base_url,
            model_id=self.model.model_id if self.model else "",
            api_key=self.key.open() if self.key else "",
            timeout_seconds=provider.timeout_seconds,
            allow_private_address=provider.allow_private_address,
            quirks=provider.wire_quirks(),
        )

    @property
    def question(self) -> Capability | None:
        """What the model can be asked at little cost, or None."""
        able = self.model.capabilities if self.model else ()
        return next((capability for capability in QUESTIONS if capability.value in able), None)


@dataclass(frozen=True, slots=True)
class Trial:
    """How a test went. `answer` and `usage` are there when a question was asked and answered."""

    target: Target
    milliseconds: int
    error: ProviderError | None = None
    answer: str = ""
    usage: Usage | None = None
    request_id: uuid.UUID | None = None


@dataclass(slots=True)
class _Running:
    """A test on its way; all of it together ends within the provider's timeout."""

    target: Target
    started: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Seconds until it has to end."""
        return max(0.0, self.target.provider.timeout_seconds - self.elapsed())

    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.started


def try_out(target: Target, *, ask: bool) -> Trial:
    """Check the key, and with `ask` put one small question; the key and the model are marked by what is proven.

    Takes no longer than the provider's timeout. Raises BusyError.
    """
    if not _turns.acquire(blocking=False):
        raise BusyError
    running = _Running(target)
    trial = Trial(target, 0)
    try:
        endpoint = target.endpoint()
        _check(running, endpoint)
        if ask and target.question:
            trial = _ask(running, endpoint, target.question)
    except ProviderError as exc:
        trial = replace(trial, error=exc)
    finally:
        _turns.release()
    return replace(trial, milliseconds=round(running.elapsed() * 1000))


def _check(running: _Running, endpoint: Endpoint) -> None:
    """Raises ProviderError with what stands against the key."""
    try:
        run(adapter_for(endpoint.protocol).check_key(endpoint), seconds=running.left())
    except TimeoutError as exc:
        raise NetworkError(f"no answer within {endpoint.timeout_seconds:g} s") from exc
    except AuthenticationError:
        _refuse(running.target)
        raise
    _same_key(running.target).exclude(invalid_since=None).update(invalid_since=None, blocked_reason="")


def _ask(running: _Running, endpoint: Endpoint, capability: Capability) -> Trial:
    """One small request, recorded as an attempt like any other."""
    target = running.target
    attempt = Attempt.objects.create(
        feature=FEATURE,
        capability=capability,
        provider=target.provider,
        provider_slug=target.provider.slug,
        model_id=endpoint.model_id,
        key_fingerprint=target.key.fingerprint if target.key else "",
        reason=BY_HAND,
    )
    started = time.monotonic()
    result: Result | None = None
    error: ProviderError | None = None
    try:
        result = run(
            adapter_for(endpoint.protocol).perform(endpoint, capability, _fitted(target, capability)),
            seconds=running.left(),
        )
    except TimeoutError:
        error = NetworkError(f"no answer within {endpoint.timeout_seconds:g} s")
    except ProviderError as exc:
        error = exc
    finally:
        _settle(attempt, started, result, error)
    _learn(target, error)
    return Trial(
        target=target,
        milliseconds=0,
        error=error,
        answer=redact(_worded(result), endpoint.api_key)[:_LONGEST_ANSWER] if result else "",
        usage=result.usage if result else None,
        request_id=attempt.request_id,
    )


def _fitted(target: Target, capability: Capability) -> Request:
    question = QUESTIONS[capability]
    if target.model and isinstance(question, ChatRequest):
        return replace(question, max_tokens=min(question.max_tokens, target.model.max_output_tokens))
    return question


def _settle(attempt: Attempt, started: float, result: Result | None, error: ProviderError | None) -> None:
    outcomes = Attempt.Outcome
    attempt.outcome = outcomes.ANSWERED if result else outcomes.FAILED if error else outcomes.CANCELLED
    attempt.latency_ms = round((time.monotonic() - started) * 1000)
    if error:
        attempt.error_class, attempt.http_status = error.kind, error.http_status
        attempt.detail = error.detail[:1000]
        attempt.raw = error.raw
    if result:
        attempt.prompt_tokens = result.usage.prompt_tokens
        attempt.completion_tokens = result.usage.completion_tokens
        attempt.usage_estimated = result.usage.estimated
    attempt.save()


def _learn(target: Target, error: ProviderError | None) -> None:
    """Mark what the question proved; what may pass by itself is only told."""
    model = AIModel.objects.filter(pk=target.model.pk) if target.model else AIModel.objects.none()
    if error is None:
        _same_key(target).update(invalid_since=None, blocked_until=None, blocked_reason="")
        model.exclude(provider__protocol=LOCAL_PROTOCOL).update(gone_since=None)
        Circuit.objects.filter(provider=target.provider).update(failures=0, open_until=None, reason="")
    elif isinstance(error, AuthenticationError):
        _refuse(target)
    elif isinstance(error, ModelUnavailableError):
        model.filter(gone_since=None).update(gone_since=timezone.now())


def _refuse(target: Target) -> None:
    _same_key(target).update(invalid_since=timezone.now(), blocked_reason=AuthenticationError().kind)


def _same_key(target: Target) -> QuerySet[ProviderKey]:
    """The row of the key, unless another secret was pasted into it meanwhile."""
    if target.key is None:
        return ProviderKey.objects.none()
    return ProviderKey.objects.filter(pk=target.key.pk, sealed=target.key.sealed, variable=target.key.variable)


def _worded(result: Result) -> str:
    if isinstance(result, Completion):
        return result.text
    if isinstance(result, Embeddings):
        return f"[{', '.join(f'{number:.3f}' for number in result.vectors[0][:4])} … {len(result.vectors[0])}]"
    if isinstance(result, Classification):
        return ", ".join(f"{label.name} {label.score:.2f}" for label in result.labels)
    return "OK"
