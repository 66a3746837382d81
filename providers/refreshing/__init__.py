"""Keeping models true to what their vendors list: what vanished, what ends, what is new; the front door."""

from providers.refreshing.changes import Kind, ListChange
from providers.refreshing.reading import Reading, refresh
from providers.refreshing.schedule import wake_due

__all__ = ["Kind", "ListChange", "Reading", "refresh", "wake_due"]
