"""Refusals of every vendor's shape, as its pages and recorded exchanges give them, and what each must become."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

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

NOBODY, MODEL, PROVIDER = Blame.NOBODY, Blame.MODEL, Blame.PROVIDER


@dataclass(frozen=True)
class Case:
    """One refusal; `blame` where it is not the error's usual one."""

    name: str
    status: int
    body: Any
    expected: type[ProviderError]
    blame: Blame | None = None
    headers: dict[str, str] = field(default_factory=dict)


def openai(message: str = "x", code: Any = None, kind: str | None = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def anthropic(kind: str, message: str = "x", **details: str) -> dict[str, Any]:
    error = {"type": kind, "message": message, **({"details": details} if details else {})}
    return {"type": "error", "error": error, "request_id": "req_1"}


def gemini(message: str, status: str, *details: dict[str, Any], code: int = 429) -> list[dict[str, Any]]:
    return [{"error": {"code": code, "message": message, "status": status, "details": list(details)}}]


def openrouter(message: str, code: int, **metadata: Any) -> dict[str, Any]:
    return {"error": {"message": message, "code": code, "metadata": metadata}, "user_id": "u"}


def cloudflare(code: int, message: str = "x") -> dict[str, Any]:
    return {"success": False, "result": None, "messages": [], "errors": [{"code": code, "message": message}]}


def violation(quota: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]}


DELAY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "20s"}
INVALID_KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
PAGE = "<!DOCTYPE html><html><title>Blocked</title></html>"
HUB_PLAN = "You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO"
OPENAI_PLAN = "You exceeded your current quota, please check your plan and billing details."

KEYS = [
    Case("OpenAI bad key", 401, openai("Wrong", "invalid_api_key"), AuthenticationError),
    Case("OpenAI, not a member", 401, openai("You must be a member of an organization"), AuthenticationError),
    Case("a bad key in a 200", 200, openai("Wrong", "invalid_api_key"), AuthenticationError),
    Case("Gemini bad key", 400, gemini("No.", "INVALID_ARGUMENT", INVALID_KEY, code=400), AuthenticationError),
    Case("Gemini bad key, words only", 400, openai("API key not valid."), AuthenticationError),
    Case("Gemini no key", 403, gemini("unregistered callers", "X", code=403), AuthenticationError),
    Case("Gemini leaked", 403, openai("Your API key was reported as leaked"), AuthenticationError),
    Case("Gemini no right", 403, gemini("No.", "PERMISSION_DENIED", code=403), AuthenticationError),
    Case("xAI bad key", 400, {"code": "invalid-argument", "error": "Incorrect API key"}, AuthenticationError),
    Case("Mistral bad key", 401, {"detail": "Invalid API Key"}, AuthenticationError),
    Case("NVIDIA bad key", 403,
         {"status": 403, "title": "Forbidden", "detail": "Authorization failed"}, AuthenticationError),
    Case("Cloudflare bad key", 403, cloudflare(10000), AuthenticationError),
    Case("OpenRouter bad key", 401, openrouter("No cookie auth", 401), AuthenticationError),
    Case("DeepSeek bad key", 401, openai("No", "invalid_request_error", "authentication_error"), AuthenticationError),
    Case("Ollama Cloud bad key", 401, openai("Unauthorized", None, "api_error"), AuthenticationError),
    Case("HF scope", 403, {"error": "This method does not have sufficient permissions to"}, AuthenticationError),
    Case("HF bad token", 401, {"error": "Invalid username or password."}, AuthenticationError),
    Case("Cohere bad key", 401, {"id": "1", "message": "invalid api token"}, AuthenticationError),
    Case("Anthropic bad key", 401, anthropic("authentication_error", "invalid x-api-key"), AuthenticationError),
    Case("Anthropic on hold", 400,
         anthropic("invalid_request_error", error_code="organization_on_hold"), AuthenticationError),
    Case("Replicate bad key", 401, {"title": "Unauthenticated", "detail": "No", "status": 401}, AuthenticationError),
]  # fmt: skip

MONEY = [
    Case("a bare 402", 402, "", NoCreditError),
    Case("Replicate billing", 402, {"title": "Billing required", "detail": "Set up", "status": 402}, NoCreditError),
    Case("Anthropic billing", 402, anthropic("billing_error"), NoCreditError),
    Case("Anthropic billing in a 403", 403, anthropic("billing_error"), NoCreditError),
    Case("Anthropic linked", 402,
         anthropic("billing_error", error_code="linked_organization_spend_limit_reached"), NoCreditError),
    Case("OpenAI credit", 429, openai("No", "insufficient_quota"), NoCreditError),
    Case("OpenAI credit by type", 429, openai("No", None, "insufficient_quota"), NoCreditError),
    Case("OpenAI credit in words", 429, openai(OPENAI_PLAN), NoCreditError),
    Case("OpenAI balance", 429, openai("x", "credit_balance_exhausted"), NoCreditError),
    Case("OpenAI organisation's cap", 429, openai("x", "organization_spend_limit_exceeded"), NoCreditError),
    Case("OpenAI project's cap", 429, openai("x", "project_spend_limit_exceeded"), NoCreditError),
    Case("OpenAI use cap", 429, openai("x", "organization_usage_limit_exceeded"), NoCreditError),
    Case("OpenAI hard limit", 400, openai("x", "billing_hard_limit_reached"), NoCreditError),
    Case("Anthropic credit", 400,
         anthropic("invalid_request_error", "Your credit balance is too low to access"), NoCreditError),
    Case("Anthropic cap", 400,
         anthropic("invalid_request_error", "You have reached your specified API usage limits."), NoCreditError),
    Case("Anthropic tier's cap", 429,
         anthropic("rate_limit_error", error_code="enforced_spend_limit_reached"), NoCreditError),
    Case("Anthropic contract", 429,
         anthropic("rate_limit_error", error_code="contract_spend_limit_reached"), NoCreditError),
    Case("a poor balance", 400, {"message": "Insufficient balance"}, NoCreditError),
    Case("HF month", 402, {"error": HUB_PLAN}, QuotaExhaustedError),
    Case("Gemini day", 429,
         gemini("Quota", "RESOURCE_EXHAUSTED", violation("PerDay-Free"), DELAY), QuotaExhaustedError),
    Case("Gemini day, OpenAI's sentence", 429,
         gemini(OPENAI_PLAN, "RESOURCE_EXHAUSTED", violation("GenerateRequestsPerDay")), QuotaExhaustedError),
    Case("Gemini day and minute", 429,
         gemini("Quota", "RESOURCE_EXHAUSTED", violation("PerMinute"), violation("PerDay")), QuotaExhaustedError),
    Case("Groq day", 429, openai("on tokens per day (TPD)", "rate_limit_exceeded", "tokens"), QuotaExhaustedError),
    Case("Cloudflare day", 429, cloudflare(4006), QuotaExhaustedError),
    Case("Cloudflare day, other code", 429, cloudflare(3036), QuotaExhaustedError),
    Case("Cloudflare day, words", 429, cloudflare(1, "used up your daily free allocation"), QuotaExhaustedError),
    Case("OpenRouter day", 429, openrouter("Rate limit exceeded: free-models-per-day", 429), QuotaExhaustedError),
    Case("OpenRouter day by source", 429,
         {"error": {"message": "x", "code": 429, "type": "openrouter_free_tier_daily"}}, QuotaExhaustedError),
    Case("OpenRouter day in metadata", 429,
         openrouter("x", 429, limit_source="openrouter_free_tier_daily"), QuotaExhaustedError),
    Case("Cohere month", 429, {"message": "limited to 1000 API calls / month"}, QuotaExhaustedError),
    Case("a month in words", 429, {"message": "500 requests per month"}, QuotaExhaustedError),
    Case("a daily limit", 429, {"message": "daily limit reached"}, QuotaExhaustedError),
]  # fmt: skip

SPEED = [
    Case("Gemini minute", 429,
         gemini(OPENAI_PLAN, "RESOURCE_EXHAUSTED", violation("RequestsPerMinute"), DELAY), RateLimitError),
    Case("OpenAI minute", 429, openai("on tokens per min", "rate_limit_exceeded", "tokens"), RateLimitError),
    Case("OpenAI slow down", 429, openai("x", "slow_down"), RateLimitError),
    Case("Anthropic minute", 429, anthropic("rate_limit_error"), RateLimitError),
    Case("Anthropic ramp", 429, anthropic("rate_limit_error", error_code="ramp_limit_exceeded"), RateLimitError),
    Case("Mistral minute", 429,
         {"object": "error", "message": "Rate limit exceeded", "type": "rate_limited", "code": "1300"}, RateLimitError),
    Case("Cerebras minute", 429,
         {"message": "x", "type": "too_many_requests_error", "code": "token_quota_exceeded"}, RateLimitError),
    Case("HF minute", 429, {"error": "We had to rate limit you"}, RateLimitError),
    Case("Replicate minute", 429, {"detail": "Request was throttled.", "status": 429}, RateLimitError),
    Case("Cohere minute", 429, {"message": "limited to 20 API calls / minute"}, RateLimitError),
    Case("OpenRouter upstream", 429,
         openrouter("Provider returned error", 429, provider_name="Google", raw="rate-limited upstream"),
         RateLimitError, MODEL),
    Case("OpenRouter model's minute", 429,
         openrouter("Rate limit exceeded: limit_rpm/m/abc", 429), RateLimitError, MODEL),
    Case("a bare 429", 429, "", RateLimitError),
    Case("a rate limit in a 200", 200, openai("x", "rate_limit_exceeded", "tokens"), RateLimitError),
    *[Case(f"{code} in a 400", 400, openai("x", code), RateLimitError)
      for code in ("rate_limit_error", "rate_limited", "too_many_requests_error", "slow_down")],
]  # fmt: skip

SIZE = [
    Case("a bare 413", 413, "", RequestTooLargeError),
    Case("Groq too large", 413, openai("x", "rate_limit_exceeded", "tokens"), RequestTooLargeError),
    Case("Anthropic too large", 413, anthropic("request_too_large"), RequestTooLargeError),
    Case("Anthropic too large in a stream", 200, anthropic("request_too_large"), RequestTooLargeError),
    Case("Cloudflare too large", 400, cloudflare(3006), RequestTooLargeError),
    Case("OpenAI too large for the minute", 429, openai("Request too large for gpt"), RequestTooLargeError),
    Case("OpenAI context", 400, openai("x", "context_length_exceeded"), RequestTooLargeError),
    Case("OpenAI window", 400, openai("Your input exceeds the context window"), RequestTooLargeError),
    Case("OpenAI string", 400, openai("x", "string_above_max_length"), RequestTooLargeError),
    Case("DeepSeek context", 400, openai("This model's maximum context length is 9"), RequestTooLargeError),
    Case("shorten it", 400, openai("Please reduce the length of the messages"), RequestTooLargeError),
    Case("Anthropic context", 400, anthropic("invalid_request_error", "prompt is too long: 9"), RequestTooLargeError),
    Case("Ollama context", 400, openai("prompt too long; exceeded max context"), RequestTooLargeError),
    Case("Cohere context", 400, {"error_type": "TOO_MANY_TOKENS", "message": "size"}, RequestTooLargeError),
    Case("Cohere context, words", 400, {"message": "too many tokens: size limit"}, RequestTooLargeError),
    Case("llama.cpp context", 400, openai("x", None, "exceed_context_size_error"), RequestTooLargeError),
    Case("llama.cpp context, words", 400,
         openai("request (9 tokens) exceeds the available context size"), RequestTooLargeError),
    Case("HF server", 422,
         {"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 9",
          "error_type": "validation"}, RequestTooLargeError),
]  # fmt: skip

MODELS = [
    Case("OpenAI unknown model", 404, openai("The model `x` does not exist", "model_not_found"), ModelUnavailableError),
    Case("OpenAI unknown model as 400", 400, openai("x", "model_not_found"), ModelUnavailableError),
    Case("Groq retired model", 400, openai("x", "model_decommissioned"), ModelUnavailableError),
    Case("HF no partner", 400, openai("x", "model_not_supported"), ModelUnavailableError),
    Case("HF no partner in words", 400,
         {"error": "The requested model 'X' is not supported by any provider you have"}, ModelUnavailableError),
    Case("HF wrong partner", 400, {"error": "Model not supported by provider together"}, ModelUnavailableError),
    Case("a model in words", 400, openai("Model x has been deprecated"), ModelUnavailableError),
    Case("HF no repository", 401, {"error": "x"}, ModelUnavailableError, headers={"x-error-code": "RepoNotFound"}),
    Case("HF no revision", 404, "", ModelUnavailableError, headers={"x-error-code": "RevisionNotFound"}),
    Case("HF no entry", 404, "", ModelUnavailableError, headers={"x-error-code": "EntryNotFound"}),
    Case("HF old host", 410,
         {"error": "https://x/ is no longer supported. Please use https://y/ instead"},
         ModelUnavailableError, PROVIDER),
    Case("GitHub Models", 410, openai("gone", "github_models_retirement_brownout"), ModelUnavailableError, PROVIDER),
    Case("a page as 404", 404, PAGE, ModelUnavailableError, PROVIDER),
    Case("a bare 404", 404, "Not Found", ModelUnavailableError),
    Case("a bare 410", 410, openai("gone"), ModelUnavailableError),
    Case("Anthropic unknown model", 404, anthropic("not_found_error", "model: x"), ModelUnavailableError),
    Case("NVIDIA degraded", 400, {"detail": "DEGRADED function cannot be invoked"}, ModelUnavailableError),
    Case("Cloudflare no model", 400, cloudflare(5007), ModelUnavailableError),
    Case("Cloudflare no model, other code", 400, cloudflare(3042), ModelUnavailableError),
    Case("Ollama model", 404, {"error": "model 'x' not found"}, ModelUnavailableError),
    Case("OpenRouter no place", 404, openrouter("No endpoints found for x", 404), ModelUnavailableError),
    # The page says "fix, never retry". A version is the model here, so the next provider may well answer.
    Case("Replicate version", 422,
         {"title": "Invalid version or not permitted", "detail": "x", "status": 422}, ModelUnavailableError),
    Case("Gemini model not free", 429, gemini("Quota exceeded, limit: 0", "RESOURCE_EXHAUSTED"), ModelForbiddenError),
    Case("OpenAI region", 403, openai("x", "unsupported_country_region_territory"), ModelForbiddenError, PROVIDER),
    Case("Gemini region", 400,
         gemini("User location is not supported", "FAILED_PRECONDITION", code=400), ModelForbiddenError, PROVIDER),
    Case("Anthropic edge", 403,
         {"error": {"type": "forbidden", "message": "Request not allowed"}}, ModelForbiddenError, PROVIDER),
    Case("OpenAI unverified", 403, openai("Your organization must be verified to use it"), ModelForbiddenError),
    Case("OpenAI project", 403,
         openai("Project does not have access to model gpt", "model_not_found"), ModelForbiddenError),
    Case("Anthropic no right", 403, anthropic("permission_error"), ModelForbiddenError),
    Case("NVIDIA account", 404,
         {"title": "Not Found", "detail": "Function 'x': Not found for account"}, ModelForbiddenError),
    Case("OpenRouter privacy", 404,
         openrouter("No endpoints found matching your data policy", 404), ModelForbiddenError),
    Case("HF gated", 403, {"error": "x"}, ModelForbiddenError, headers={"x-error-code": "GatedRepo"}),
    *[Case(f"Cloudflare {code}", 403, cloudflare(code), ModelForbiddenError) for code in (3041, 5016, 5018, 5035)],
    Case("Replicate no right", 403, {"detail": "No", "status": 403}, ModelForbiddenError),
    Case("a bare 403", 403, "", ModelForbiddenError),
]  # fmt: skip

LOAD = [
    Case("OpenAI overload", 503, openai("The server had an error", None, "server_error"), OverloadedError),
    Case("OpenAI overload in words", 500, openai("That model is currently overloaded"), OverloadedError),
    Case("OpenAI overload in a stream", 200,
         openai("x", "server_is_overloaded", "service_unavailable_error"), OverloadedError),
    Case("OpenAI overload by type", 200, openai("x", None, "service_unavailable_error"), OverloadedError),
    Case("Anthropic 529", 529, anthropic("overloaded_error", "Overloaded"), OverloadedError),
    Case("Anthropic 500", 500, anthropic("api_error", "Overloaded"), OverloadedError),
    Case("Anthropic in a stream", 200, anthropic("overloaded_error", "x"), OverloadedError),
    Case("a bare 529", 529, "", OverloadedError),
    Case("Groq flex", 498, openai("capacity exceeded"), OverloadedError),
    Case("Mistral capacity", 429, {"message": "x", "code": "3505"}, OverloadedError, MODEL),
    Case("Mistral capacity in words", 429, {"message": "Service tier capacity exceeded"}, OverloadedError, MODEL),
    Case("Cerebras queue", 429, {"message": "x", "code": "queue_exceeded"}, OverloadedError),
    Case("Cloudflare capacity", 429, cloudflare(3040), OverloadedError, MODEL),
    Case("NVIDIA worker", 429,
         {"detail": "ResourceExhausted: Worker local total request limit reached"}, OverloadedError, MODEL),
    Case("HF loading", 503, {"error": "Model X is currently loading", "estimated_time": 20.0}, OverloadedError, MODEL),
    Case("HF server busy", 429, {"error": "x", "error_type": "overloaded"}, OverloadedError),
    Case("llama.cpp loading", 503,
         {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, OverloadedError),
    Case("Gemini overload", 503, gemini("The model is overloaded.", "UNAVAILABLE", code=503), OverloadedError),
    Case("OpenRouter upstream down", 502, openrouter("Provider returned error", 502), OverloadedError, MODEL),
    Case("OpenRouter upstream down in a 200", 200, openrouter("Provider returned error", 502), OverloadedError, MODEL),
    Case("Replicate out of memory", 200, {"error": "CUDA out of memory"}, OverloadedError, MODEL),
]  # fmt: skip

FAULTS = [
    Case("OpenAI fault", 500, openai("The server had an error", None, "server_error"), UnavailableError),
    Case("an OpenAI fault in a 200", 200, openai("x", None, "server_error"), UnavailableError),
    Case("an Anthropic fault in a stream", 200, anthropic("api_error"), UnavailableError),
    Case("a fault by its code", 200, openai("x", "internal_server_error"), UnavailableError),
    Case("OpenRouter fault in a 200", 200, {"error": {"code": 502, "message": "x"}}, UnavailableError),
    Case("gateway page", 502, PAGE, UnavailableError),
    Case("firewall page", 403, PAGE, UnavailableError),
    Case("conflict", 409, anthropic("conflict_error"), UnavailableError),
    Case("too early", 425, "", UnavailableError),
    Case("Cohere, we hung up", 499, {"message": "request cancelled"}, UnavailableError, NOBODY),
    Case("timeout", 408, "", NetworkError),
    Case("Cloudflare timeout", 408, cloudflare(3007), NetworkError),
    Case("Anthropic timeout", 504, anthropic("timeout_error"), NetworkError),
    Case("edge without a line", 522, PAGE, NetworkError),
    Case("edge without an answer", 524, PAGE, NetworkError),
    Case("Groq JSON", 400, openai("x", "json_validate_failed"), BrokenAnswerError),
    Case("Groq tool", 400, openai("x", "tool_use_failed"), BrokenAnswerError),
    Case("HF server failed", 424, {"error": "x", "error_type": "generation"}, BrokenAnswerError),
    Case("HF server half done", 500, {"error": "x", "error_type": "incomplete_generation"}, BrokenAnswerError),
    Case("a page as 400", 400, PAGE, BrokenAnswerError),
    Case("a redirect", 301, "", BrokenAnswerError),
    Case("an unclear error in a 200", 200, {"error": {"message": "hm"}}, BrokenAnswerError),
    Case("a status nobody knows", 999, "", BrokenAnswerError),
]  # fmt: skip

CONTENT = [
    Case("OpenAI images", 400, openai("x", "moderation_blocked"), ContentRefusedError),
    Case("OpenAI images, older", 400, openai("x", "content_policy_violation"), ContentRefusedError),
    Case("a filter", 400, openai("x", "content_filter"), ContentRefusedError),
    Case("Azure's filter", 400,
         {"error": {"message": "x", "code": "ResponsibleAIPolicyViolation"}}, ContentRefusedError),
    Case("OpenRouter moderation", 403, openrouter("x", 403, flagged_input="y"), ContentRefusedError),
    Case("OpenRouter moderation in words", 403,
         openrouter("openai/x requires moderation on OpenRouter", 403), ContentRefusedError),
    Case("flagged", 403, openrouter("Your input was flagged", 403), ContentRefusedError),
    Case("Cohere blocked", 498, {"message": "blocked output: please modify the prompt"}, ContentRefusedError),
    Case("blocked in words", 400, {"message": "The content was blocked"}, ContentRefusedError),
    Case("Anthropic filter", 400,
         anthropic("invalid_request_error", "Output blocked by content filtering policy"), ContentRefusedError),
    Case("Replicate picture", 200, {"error": "NSFW content detected"}, ContentRefusedError),
]  # fmt: skip

OURS = [
    Case("bad value", 400, openai("Invalid value", "invalid_value"), InvalidRequestError),
    Case("Anthropic prefill", 400,
         anthropic("invalid_request_error", "This model does not support assistant message prefill."),
         InvalidRequestError),
    Case("Mistral validation", 422,
         {"detail": [{"loc": ["body", "x"], "msg": "bad", "type": "int_parsing"}]}, InvalidRequestError),
    Case("HF list", 400, {"error": ["Error in `inputs`: field required"]}, InvalidRequestError),
    Case("HF server", 422, {"error": "bad `temperature`", "error_type": "validation"}, InvalidRequestError),
    Case("Replicate input", 422,
         {"title": "Input validation failed", "detail": "- input: prompt is required", "status": 422},
         InvalidRequestError),
    Case("no JSON in the words", 400, openai("'messages' must contain the word 'json'"), InvalidRequestError),
]  # fmt: skip

CASES = [*KEYS, *MONEY, *SPEED, *SIZE, *MODELS, *LOAD, *FAULTS, *CONTENT, *OURS]
