"""Who may do what: people by their roles, clients by their keys, and the log of what they did.

The front doors for everybody else: pages and endpoints declare `requires(Permission.…)`, code for clients asks
`authenticate` and `admit`, and whoever does something worth remembering calls `record`.
"""

from providers.access.auditing import SYSTEM, Origin, acting, person, record, request_id_of
from providers.access.client_keys import Issued
from providers.access.door import Caller, admit, authenticate, authenticate_now, exchange_key, settle
from providers.access.errors import (
    AccessError,
    ClientLimitError,
    ExpiredKeyError,
    MalformedKeyError,
    MissingKeyError,
    MissingScopeError,
    ReplacedKeyError,
    RevokedKeyError,
    TooManyBadKeysError,
    UnknownKeyError,
)
from providers.access.gathering import close
from providers.access.lab import LabDoor, Visitor, visitor_of
from providers.access.limits import Allowance, Limits
from providers.access.permissions import (
    Door,
    Permission,
    Role,
    declared,
    guarded,
    may,
    permissions_of,
    requires,
    roles_of,
)
from providers.access.reach import has_remote_provider
from providers.access.spreadsheets import csv_lines, defused
from providers.audit import Deed
from providers.clients import Scope, StreamMode
from providers.request_ids import current as current_request_id
from providers.request_ids import serving as serving_request
from providers.tracing import carried as carried_trace
from providers.tracing import of_job as trace_of_job

__all__ = [
    "SYSTEM",
    "AccessError",
    "Allowance",
    "Caller",
    "ClientLimitError",
    "Deed",
    "Door",
    "ExpiredKeyError",
    "Issued",
    "LabDoor",
    "Limits",
    "MalformedKeyError",
    "MissingKeyError",
    "MissingScopeError",
    "Origin",
    "Permission",
    "ReplacedKeyError",
    "RevokedKeyError",
    "Role",
    "Scope",
    "StreamMode",
    "TooManyBadKeysError",
    "UnknownKeyError",
    "Visitor",
    "acting",
    "admit",
    "authenticate",
    "authenticate_now",
    "carried_trace",
    "close",
    "csv_lines",
    "current_request_id",
    "declared",
    "defused",
    "exchange_key",
    "guarded",
    "has_remote_provider",
    "may",
    "permissions_of",
    "person",
    "record",
    "request_id_of",
    "requires",
    "roles_of",
    "serving_request",
    "settle",
    "trace_of_job",
    "visitor_of",
]
