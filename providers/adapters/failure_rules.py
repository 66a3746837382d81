"""The decision table: which refusal becomes which of our errors, and whom it blames.

Facts about the vendors: their documentation and recorded exchanges of 2025 and 2026.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from providers.adapters.refusals import Refusal
from providers.errors import (
    AuthenticationError,
    Blame,
    BrokenAnswerError,
    ContentRefusedError,
    InvalidRequestError,
    ModelForbiddenError,
    ModelUnavailableError,
    NetworkError,
    NoCreditError,
    OverloadedError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitError,
    RequestTooLargeError,
    UnavailableError,
)

_CLIENT_ERRORS = frozenset(range(400, 500))
_SERVER_ERRORS = frozenset(range(500, 600))
_ANY = _CLIENT_ERRORS | _SERVER_ERRORS | {200}


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: a status of `statuses`, and one of `codes` or a match of `words` where they are given.

    `blame` is set where the error's class would set aside too much or too little. `monthly`: what is spent comes back
    with the month.
    """

    error: type[ProviderError]
    statuses: frozenset[int] = _ANY
    codes: frozenset[str] = frozenset()
    words: tuple[re.Pattern[str], ...] = ()
    blame: Blame | None = None
    monthly: bool = False

    def fits(self, refusal: Refusal) -> bool:
        """Whether the row speaks about this refusal."""
        if refusal.status not in self.statuses:
            return False
        if not self.codes and not self.words:
            return True
        return not self.codes.isdisjoint(refusal.codes) or any(word.search(refusal.haystack) for word in self.words)


def _codes(*names: str) -> frozenset[str]:
    return frozenset(names)


def _words(*alternatives: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(alternative) for alternative in alternatives)


def _statuses(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


_PAGE = _words(r"\A\s*<(?:!doctype|html)")

# Content. Read before all else: it looks like a bad request or a missing right, and must not be offered around.
_CONTENT = (
    Rule(
        ContentRefusedError,
        _CLIENT_ERRORS | {200},
        _codes("content_filter", "content_policy_violation", "moderation_blocked", "responsibleaipolicyviolation"),
        _words(
            r"flagged_input",  # OpenRouter's 403
            r"requires moderation",
            r"was flagged",
            r"content (?:was )?blocked",
            r"blocked (?:content|input|output|prompt)",  # Cohere's 498
            r"blocked by content filter",  # Anthropic
            r"\bnsfw\b",  # Replicate's failed runs
        ),
    ),
)

# Size. OpenAI and Groq dress it as a rate limit, and waiting never helps.
_SIZE = (
    Rule(
        RequestTooLargeError,
        _CLIENT_ERRORS | {200},
        _codes(
            "context_length_exceeded",
            "exceed_context_size_error",
            "request_too_large",
            "string_above_max_length",
            "too_many_tokens",
            "3006",  # Cloudflare
        ),
        _words(
            r"maximum context length",
            r"context window",
            r"prompt (?:is )?too long",
            r"request too large",
            r"too many tokens",
            r"reduce the length of the",
            r"exceeds the available context",
            r"`inputs` (?:tokens|must have less)",  # Hugging Face's own server
        ),
    ),
    Rule(RequestTooLargeError, _statuses(413)),
)

# Keys. Some vendors answer 400 or 403 to a bad one.
_KEYS = (
    # The Hub says 401 where there is no such repository, 403 where its licence was not accepted.
    Rule(ModelUnavailableError, _statuses(401, 403, 404), _codes("reponotfound", "revisionnotfound", "entrynotfound")),
    Rule(ModelForbiddenError, _statuses(401, 403), _codes("gatedrepo")),
    Rule(
        AuthenticationError,
        _statuses(200, 400, 401, 403),
        _codes(
            "invalid_api_key",
            "api_key_invalid",
            "authentication_error",
            "unauthenticated",
            "organization_on_hold",  # Anthropic: the organisation is disabled
            "10000",  # Cloudflare
        ),
        _words(
            r"api key not valid",
            r"(?:incorrect|invalid) (?:x-)?api[ -]key",
            r"authorization failed",  # NVIDIA
            r"does not have sufficient permissions",  # Hugging Face: the token may not infer
            r"unregistered callers",  # Gemini without a key
            r"api key was reported as leaked",  # Gemini
        ),
    ),
)

# Money and the day's or month's share. Before the rate limits, whose status and code they often borrow.
_MONEY = (
    # A model outside the free tier: Gemini's limit is then zero, and only the model is to be set aside.
    Rule(ModelForbiddenError, _statuses(429), words=_words(r"\blimit: 0(?![.\d])")),
    Rule(QuotaExhaustedError, _statuses(402), words=_words(r"exceeded your monthly"), monthly=True),
    # A cap for the month that the account or its tier has at Anthropic.
    Rule(
        NoCreditError,
        _statuses(400, 429),
        _codes("enforced_spend_limit_reached"),
        _words(r"reached your specified api usage limits"),
        monthly=True,
    ),
    Rule(NoCreditError, _statuses(402)),
    Rule(
        NoCreditError,
        _statuses(200, 400, 403, 429),
        _codes(
            "insufficient_quota",
            "credit_balance_exhausted",
            "organization_spend_limit_exceeded",
            "project_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
            "contract_spend_limit_reached",
            "billing_hard_limit_reached",
            "billing_error",
        ),
        _words(
            r"credit balance is too low",  # Anthropic's 400
            r"insufficient (?:credit|balance|funds)",
            # Without any hint at a minute, a day or a wait, OpenAI's sentence about the plan means money.
            r"\A(?s:(?!.*(?:per ?minute|per ?day|retry in|resource_exhausted)).*exceeded your current quota)",
        ),
    ),
    Rule(
        QuotaExhaustedError,
        _statuses(200, 400, 403, 429),
        _codes("4006", "3036", "openrouter_free_tier_daily"),
        _words(r"daily free allocation"),
    ),
    Rule(
        QuotaExhaustedError,
        _statuses(429),
        words=_words(r"per[ -]?day", r"per[ -]?month", r"/ ?(?:day|month)\b", r"(?<![a-z])(?:daily|monthly)\b"),
    ),
)

# Busy, not blocked: the vendor's capacity, whatever the status. Where it is one model's, only the model is left.
_LOAD = (
    Rule(
        OverloadedError,
        _ANY,
        _codes("3505", "3040"),  # Mistral, Cloudflare
        _words(
            r"service tier capacity exceeded",
            r"worker local total request limit",  # NVIDIA
            r"currently loading",  # Hugging Face
            r"cuda out of memory",  # Replicate's failed runs
        ),
        blame=Blame.MODEL,
    ),
    # OpenRouter's way to say that the place behind it is busy or down: other models live elsewhere.
    Rule(OverloadedError, _SERVER_ERRORS, words=_words(r"provider returned error"), blame=Blame.MODEL),
    Rule(
        OverloadedError,
        _ANY,
        _codes(
            "queue_exceeded",  # Cerebras
            "overloaded",
            "overloaded_error",
            "server_is_overloaded",
            "service_unavailable_error",
        ),
        _words(r"\boverloaded\b"),
    ),
    # 498 is Groq's flex capacity (Cohere's has words about content), 529 Anthropic's.
    Rule(OverloadedError, _statuses(498, 503, 529)),
)

_SPEED = (
    # OpenRouter's limits on one model, its own or of the place behind it.
    Rule(
        RateLimitError,
        _statuses(429),
        words=_words(r"provider returned error", r"limit_rpm/"),
        blame=Blame.MODEL,
    ),
    Rule(RateLimitError, _statuses(429)),
    Rule(
        RateLimitError,
        _statuses(200, 400, 403),
        _codes("rate_limit_exceeded", "rate_limit_error", "rate_limited", "too_many_requests_error", "slow_down"),
    ),
)

# Models that are gone, unknown or not for this account; the key stays good.
_MODELS = (
    # A region is closed to every model of the vendor.
    Rule(
        ModelForbiddenError,
        _CLIENT_ERRORS,
        _codes("unsupported_country_region_territory"),
        _words(r"location is not supported", r"request not allowed"),
        blame=Blame.PROVIDER,
    ),
    Rule(
        ModelForbiddenError,
        _CLIENT_ERRORS | {200},
        _codes("permission_error", "3041", "5016", "5018", "5035"),  # Anthropic, Cloudflare
        _words(
            r"(?:no|not have) (?:access|permission) to (?:access |use )?(?:the |this |tuned )?model",
            r"must be verified to",
            r"not found for account",  # NVIDIA
            r"data policy",  # OpenRouter: the account's privacy settings leave no place
        ),
    ),
    # The whole address is gone.
    Rule(
        ModelUnavailableError,
        _statuses(403, 404, 410),
        _codes("github_models_retirement_brownout"),
        _words(r"is no longer supported\. please use https?://"),
        blame=Blame.PROVIDER,
    ),
    Rule(
        ModelUnavailableError,
        _CLIENT_ERRORS | {200},
        _codes(
            "model_not_found",
            "model_decommissioned",
            "model_not_supported",
            "5007",  # Cloudflare
            "3042",
        ),
        _words(
            r"degraded function",  # NVIDIA
            r"model not supported by provider",
            r"not supported by any provider",
            r"model\b.{0,80}\b(?:does not exist|not found|was removed|has been deprecated|decommissioned)",
            r"invalid version or not permitted",  # Replicate's models are versions
        ),
    ),
    # A web page instead of a model that is missing: the address is no vendor's.
    Rule(ModelUnavailableError, _statuses(404, 410), words=_PAGE, blame=Blame.PROVIDER),
    Rule(ModelUnavailableError, _statuses(404, 410)),
)

# Everything else, by what the status alone says.
_REST = (
    # The model failed at a form that we asked for; another try may do.
    Rule(BrokenAnswerError, _statuses(400), _codes("json_validate_failed", "tool_use_failed")),
    Rule(BrokenAnswerError, _statuses(424, 500), _codes("generation", "incomplete_generation")),  # Hugging Face
    # A web page in place of an answer comes from something in front of the vendor.
    Rule(BrokenAnswerError, _statuses(200, 400, 422), words=_PAGE),
    Rule(UnavailableError, _statuses(401, 403), words=_PAGE),
    Rule(AuthenticationError, _statuses(401)),
    Rule(AuthenticationError, _statuses(403), _codes("permission_denied")),  # Gemini
    # OpenAI, Anthropic and Replicate: a right is missing, but the key stays good.
    Rule(ModelForbiddenError, _statuses(403)),
    # Somebody on the way did not get through, or had no answer in time.
    Rule(NetworkError, _statuses(408, 504, 521, 522, 523, 524)),
    # We hung up ourselves.
    Rule(UnavailableError, _statuses(499), blame=Blame.NOBODY),
    Rule(UnavailableError, _statuses(409, 425) | _SERVER_ERRORS),
    Rule(UnavailableError, _statuses(200), _codes("server_error", "api_error", "internal_server_error")),
    Rule(InvalidRequestError, _CLIENT_ERRORS),
    # An `error` in a 200 that says nothing more, or a redirect: not the protocol.
    Rule(BrokenAnswerError, frozenset(range(600))),
)

# Read from the top, the first row that fits decides.
TABLE: tuple[Rule, ...] = (*_CONTENT, *_SIZE, *_KEYS, *_MONEY, *_LOAD, *_SPEED, *_MODELS, *_REST)
