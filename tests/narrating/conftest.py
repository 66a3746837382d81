"""Providers in the database that lead to the simulated upstream."""

from tests.connecting import connect, upstream

__all__ = ["connect", "upstream"]
