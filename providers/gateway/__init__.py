"""The OpenAI-compatible endpoints under `/v1/`: any OpenAI client meets fallback, quotas and records behind them."""
