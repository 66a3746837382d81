"""Computed figures: forecasts, elasticities. Pure: numbers in, frozen dataclasses out; no database, no provider."""
