"""Probe the keys of the providers in use and print how each one did."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from providers.checking import Probe, probe
from providers.models import Provider

_HEAD = ("provider", "key", "result", "time", "what to do")
# What happened, and what a person can do about it, by the kind of error.
WORDS = {
    "Authentication": ("the key is refused", "make a new key at the vendor and enter it in place of this one"),
    "RateLimit": ("works, but had too many requests", "nothing: it is asked again by itself"),
    "QuotaExhausted": (
        "works, but its quota is used up",
        "wait for its reset, or add a key of another account",
    ),
    "NoCredit": ("works, but has no credit", "pay in at the vendor, or switch the provider off"),
    "ModelUnavailable": ("the model asked is not there", "compare the model ids with the vendor's list"),
    "ModelForbidden": ("the account may not use the model", "accept the model's terms or verify the account"),
    "Unavailable": ("the vendor has a fault", "nothing: try again later"),
    "Overloaded": ("the vendor is too busy", "nothing: try again later"),
    "Network": ("no connection or no answer in time", "check the address and whether this server may reach it"),
    "BrokenAnswer": ("something else answers there", "check the end of the address, often /v1"),
    "ForbiddenAddress": (
        "a private address",
        "correct it, or set allow_private_address",
    ),
}
_CLOSED = ("cannot be opened here", "enter the key again, or set its variable")
_NO_KEY = ("no key", "add a key, or switch the provider off")


class Command(BaseCommand):
    help = "Probes the keys of the providers in use and prints a table; exit code 1 when none works."

    def handle(self, *_args: Any, **_options: Any) -> None:
        probes = probe(Provider.objects.filter(enabled=True))
        if not probes:
            self.stdout.write("No provider is in use.")
            raise SystemExit(1)
        self._tell([_HEAD, *map(_line, probes)])
        if all(one.error for one in probes):
            raise SystemExit(1)

    def _tell(self, lines: list[tuple[str, ...]]) -> None:
        widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _line(probe: Probe) -> tuple[str, ...]:
    result, to_do = _worded(probe)
    time = f"{probe.milliseconds} ms" if probe.milliseconds else "–"
    return (probe.provider.slug, _key(probe), result, time, to_do)


def _key(probe: Probe) -> str:
    """Which key this is, without the key."""
    if probe.key is None:
        return "–"
    return probe.key.variable or f"…{probe.key.last_four or probe.key.fingerprint}"


def _worded(probe: Probe) -> tuple[str, str]:
    if probe.error is None:
        return ("works", "–")
    if probe.error.kind == "Authentication" and not probe.error.http_status:
        return _CLOSED if probe.key else _NO_KEY
    result, to_do = WORDS.get(probe.error.kind, (probe.error.kind, probe.error.detail))
    # A refusal may have a reason that only the vendor's words tell; the table stays one line each.
    return (result, to_do if probe.error.http_status is None else f"{to_do} ({probe.error.http_status})")
