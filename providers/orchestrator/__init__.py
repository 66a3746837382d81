"""The fallback loop: plan, begin, call, check, settle; the front door for everyone who wants an answer."""

from providers.orchestrator.answers import Answer, Event, Exhausted, Happening, Tried
from providers.orchestrator.background import BackgroundCall, run
from providers.orchestrator.calls import complete, perform, stream
from providers.orchestrator.rating import forget_rating, rate
from providers.orchestrator.rivals import rivals
from providers.orchestrator.streaming import StreamBrokenError
from providers.routing import Task

__all__ = [
    "Answer",
    "BackgroundCall",
    "Event",
    "Exhausted",
    "Happening",
    "StreamBrokenError",
    "Task",
    "Tried",
    "complete",
    "forget_rating",
    "perform",
    "rate",
    "rivals",
    "run",
    "stream",
]
