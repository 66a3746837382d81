"""The log: lines for people or JSON for machines, each with the id of its request. Loaded before any model is."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from providers import request_ids

# What a record of Python's own has; all else was given with `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request_id"}
_PLAIN = (str, int, float, bool, type(None))


class WithRequest(logging.Filter):
    """Gives each record the id of the request that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything through."""
        record.request_id = request_ids.current() or "-"
        return True


class AsJSON(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request, what came as `extra`, a traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON; tracebacks name places, never values."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "-"),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _OWN and isinstance(value, _PLAIN)}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
