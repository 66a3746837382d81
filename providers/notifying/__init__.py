"""Telling clients what became of their work: signed messages (Standard Webhooks) that are tried again for a day.

The front doors: `announce` belongs into the transaction in which something happened, `deliver` and `deliver_due` into a
worker; the rest is for whoever configures endpoints.
"""

from providers.notifying.endpoints import (
    ALERTS,
    EVENTS,
    AddressError,
    Registered,
    TooManyError,
    register,
    rotate_secret,
)
from providers.notifying.messages import announce, deliver, deliver_due, forget_old

__all__ = [
    "ALERTS",
    "EVENTS",
    "AddressError",
    "Registered",
    "TooManyError",
    "announce",
    "deliver",
    "deliver_due",
    "forget_old",
    "register",
    "rotate_secret",
]
