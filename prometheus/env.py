"""Reading the environment: typed, and every fault gathered so that a person can mend them all at once."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

_OTLP = "OTEL_EXPORTER_OTLP"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Environment:
    """Typed reads that note faults instead of raising; `refuse_faults` ends the start with one line for each."""

    def __init__(self, values: dict[str, str]) -> None:
        self._env = environ.Env()
        self._env.ENVIRON = values
        self.faults: list[str] = []

    def _read(self, name: str, parse: Callable[[], T], fallback: T, wanted: str) -> T:
        try:
            return parse()
        except (ValueError, InvalidOperation, ImproperlyConfigured) as exc:
            self.faults.append(f"{name}: {wanted} ({exc})")
            return fallback

    def text(self, name: str, default: str = "") -> str:
        """A string, without surrounding white space."""
        return str(self._env.str(name, default=default)).strip()

    def flag(self, name: str, *, default: bool) -> bool:
        """A yes or no."""

        def parse() -> bool:
            raw = self.text(name)
            if not raw:
                return default
            if raw.lower() in {"true", "1", "yes", "on"}:
                return True
            if raw.lower() in {"false", "0", "no", "off"}:
                return False
            raise ValueError(f"found {raw!r}")

        return self._read(name, parse, default, "write true or false")

    def choice(self, name: str, names: tuple[str, ...]) -> str:
        """One of these words; the first when nothing is set."""

        def parse() -> str:
            found = self.text(name) or names[0]
            if found not in names:
                raise ValueError(f"found {found!r}")
            return found

        return self._read(name, parse, names[0], f"write one of {', '.join(names)}")

    def number(self, name: str, default: int, *, least: int = 1, most: int = 10**9) -> int:
        """A whole number between `least` and `most`."""

        def parse() -> int:
            value = int(self.text(name) or default)
            if not least <= value <= most:
                raise ValueError(f"found {value}")
            return value

        return self._read(name, parse, default, f"write a whole number from {least} to {most}")

    def mail(self, name: str) -> dict[str, Any]:
        """Where e-mail goes out, as Django's settings: `smtp+tls://user:password@host:587`. Without it, to the log."""

        def parse() -> dict[str, Any]:
            return dict(environ.Env.email_url_config(self.text(name) or "consolemail://"))

        return self._read(name, parse, {}, "write an address such as smtp+tls://user:password@mail.example.com:587")

    def items(self, name: str) -> list[str]:
        """A comma-separated list without empty places."""
        return [item.strip() for item in self.text(name).split(",") if item.strip()]

    def span(self, name: str, default: str) -> timedelta:
        """A span of time such as `7d` or `12h`."""

        def parse() -> timedelta:
            match = re.fullmatch(r"(\d+)([smhd])", self.text(name) or default)
            if not match or not int(match[1]):
                raise ValueError(f"found {self.text(name)!r}")
            return timedelta(**{_UNITS[match[2]]: int(match[1])})

        return self._read(name, parse, timedelta(days=1), "write a span such as 7d, 12h or 30m")

    def prices(self, name: str, default: str) -> tuple[Decimal, Decimal]:
        """Two prices with a comma between them, such as `0.15,0.60`."""

        def parse() -> tuple[Decimal, Decimal]:
            first, second = (Decimal(part.strip()) for part in (self.text(name) or default).split(","))
            if not (first.is_finite() and second.is_finite() and min(first, second) >= 0):
                raise ValueError(f"found {self.text(name)!r}")
            return first, second

        nothing = (Decimal(0), Decimal(0))
        return self._read(name, parse, nothing, "write two prices for a million tokens, such as 0.15,0.60")

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Django's settings for a `sqlite:///…` or `postgres://…` address."""

        def parse() -> dict[str, Any]:
            config: dict[str, Any] = dict(self._env.db_url(name, default=default))
            if config.get("ENGINE") not in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}:
                raise ValueError("found another scheme")
            return config

        fallback: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
        return self._read(name, parse, fallback, "write sqlite:///path or postgres://user:password@host/name")

    def public_address(self, name: str) -> str:
        """An `https://` address without a slash at its end, or an empty string."""

        def parse() -> str:
            address = self.text(name).rstrip("/")
            parts = urlsplit(address)
            if address and (
                parts.scheme != "https" or not parts.hostname or parts.username or re.search(r"[?#\s]", address)
            ):
                raise ValueError("found something else")
            return address

        return self._read(name, parse, "", "write https://host, without a user name, ? or #")

    def collector(self) -> bool:
        """Whether OpenTelemetry's own variables name somebody who gathers spans, by its HTTP protocol."""

        def parse() -> bool:
            address = self.text(f"{_OTLP}_TRACES_ENDPOINT") or self.text(f"{_OTLP}_ENDPOINT")
            off = self.text("OTEL_SDK_DISABLED").lower() == "true" or self.text("OTEL_TRACES_EXPORTER") == "none"
            if off or not address:
                return False
            parts = urlsplit(address)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                # An address may hold a password.
                raise ValueError("found something else")
            protocol = self.text(f"{_OTLP}_TRACES_PROTOCOL") or self.text(f"{_OTLP}_PROTOCOL") or "http/protobuf"
            if protocol != "http/protobuf":
                raise ValueError(f"found the protocol {protocol!r}")
            return True

        wanted = "write http://host:4318 and leave OTEL_EXPORTER_OTLP_PROTOCOL empty or http/protobuf"
        return self._read(f"{_OTLP}_ENDPOINT", parse, fallback=False, wanted=wanted)

    def fernet_keys(self, name: str) -> list[str]:
        """Encryption keys, newest first, each of the form that `Fernet.generate_key` makes."""

        def parse() -> list[str]:
            keys = self.items(name)
            for place, key in enumerate(keys, start=1):
                try:
                    Fernet(key)
                except ValueError:
                    # The value itself never goes into a message.
                    raise ValueError(f"key number {place} is malformed") from None
            return keys

        return self._read(name, parse, [], "write 32 url-safe base64 bytes, several separated by commas")

    def require(self, name: str, reason: str) -> None:
        """Note a fault when a variable is empty."""
        if not self.text(name):
            self.faults.append(f"{name}: missing; {reason}")

    def refuse_faults(self) -> None:
        """End the start with one clear line for each fault."""
        if self.faults:
            raise SystemExit("\n".join(f"Settings: {fault}" for fault in self.faults))


def local_secrets(data_dir: Path) -> dict[str, str]:
    """Secrets for an installation on one machine, made once and kept in `secrets.env` (mode 600).

    Two processes may start together: each writes a file of its own and links it into place, the first link wins.
    """
    path = data_dir / "secrets.env"
    if not path.exists():
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ENCRYPTION_KEY": Fernet.generate_key().decode(),
            "DJANGO_SUPERUSER_PASSWORD": secrets.token_urlsafe(9),
        }
        draft = data_dir / f"secrets.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("".join(f"{name}={value}\n" for name, value in made.items()))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)
