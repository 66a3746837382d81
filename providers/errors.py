"""The error tree. Each class carries its facts, so that no caller guesses what to do next. No Django."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from providers.types import LimitReading


class Blame(StrEnum):
    """What a failure says is broken, so that only that is set aside."""

    NOBODY = "nobody"
    KEY = "key"
    MODEL = "model"
    PROVIDER = "provider"


class ProviderError(Exception):
    """A call that did not bring an answer.

    `retry_here`: another try at the same place may help. `try_next`: another provider may help.
    `blame`: what to set aside. Both `retry_here` and `blame` belong to the class, but an instance may know better.
    `wait_seconds`: how long the vendor said to wait, if it did.
    `detail`: the vendor's words, redacted, for the administrator. `raw`: where these are only an extract, the whole
    answer, redacted, at most 2,000 characters. `never_left`: nothing reached the vendor.
    `limits`: what the refusal says of the vendor's limits; those with the source `body` are the ones it is about.
    """

    retry_here: bool = False
    try_next: ClassVar[bool] = True
    blame: Blame = Blame.NOBODY

    def __init__(
        self,
        detail: str = "",
        *,
        http_status: int | None = None,
        wait_seconds: float | None = None,
        blame: Blame | None = None,
        raw: str = "",
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.http_status = http_status
        self.wait_seconds = wait_seconds
        self.raw = raw
        self.never_left = False
        self.limits: tuple[LimitReading, ...] = ()
        if blame is not None:
            self.blame = blame

    @property
    def kind(self) -> str:
        """The class name without `Error`: a stable word for records and translations."""
        return type(self).__name__.removesuffix("Error")


class RateLimitError(ProviderError):
    """Too many requests in a short window; the place is fine after `wait_seconds`."""

    blame = Blame.KEY


class QuotaExhaustedError(ProviderError):
    """The day's or month's free quota is used up; a retry before the reset is waste."""

    blame = Blame.KEY


class NoCreditError(QuotaExhaustedError):
    """The account has no money or met a cap on spending; a person has to act, unless the vendor named a day."""


class AuthenticationError(ProviderError):
    """The key is wrong, revoked or lacks a permission; a person has to act."""

    blame = Blame.KEY


class ModelUnavailableError(ProviderError):
    """The model does not exist any more, or this account may not use it."""

    blame = Blame.MODEL


class ModelForbiddenError(ModelUnavailableError):
    """The model is there, but not for this account: plan, region, licence, permission or verification."""


class RequestTooLargeError(ProviderError):
    """The request does not fit this model's context or this vendor's limit per request."""


class InvalidRequestError(ProviderError):
    """The vendor calls our request wrong; it would be wrong everywhere."""

    try_next = False


class ContentRefusedError(ProviderError):
    """The model or the vendor's filter refused the content; we do not shop around."""

    try_next = False


class UnavailableError(ProviderError):
    """A fault on the vendor's side; the next two say which, where that is known."""

    retry_here = True
    blame = Blame.PROVIDER


class OverloadedError(UnavailableError):
    """The vendor, or its capacity for this model, is too busy, or the model is still loading."""


class NetworkError(UnavailableError):
    """No connection, or no answer in time."""


class BrokenAnswerError(ProviderError):
    """Something came back that is not an answer: wrong type, cut short, not the protocol."""

    retry_here = True
    blame = Blame.PROVIDER


class ForbiddenAddressError(ProviderError):
    """The provider's address leads to a private network and the provider is not marked as local."""

    blame = Blame.PROVIDER


class AnswerRejectedError(ProviderError):
    """The answer arrived whole, but the caller's own check refused it; `detail` tells the model what to mend."""

    retry_here = True


class FallbackExhaustedError(ProviderError):
    """Every place in the plan failed, or there was none; `wait_seconds` says when the first one returns."""

    try_next = False
