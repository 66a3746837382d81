"""Suggestions for a record: from code lists and rules, and from a model that may only pick what is offered."""

from marketing.suggesting.deciding import (
    ChangedSinceError,
    TooManyError,
    accept,
    accept_all,
    all_for,
    digest,
    open_for,
    reject,
)
from marketing.suggesting.proposing import Proposed, propose
from marketing.suggesting.shapes import FEATURE, Proposal, label_of, value_at

__all__ = [
    "FEATURE",
    "ChangedSinceError",
    "Proposal",
    "Proposed",
    "TooManyError",
    "accept",
    "accept_all",
    "all_for",
    "digest",
    "label_of",
    "open_for",
    "propose",
    "reject",
    "value_at",
]
