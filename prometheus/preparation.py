"""What has to be done before the product can serve: each a command, run only where it exists and is needed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands

# In the order in which they build on one another.
COMMANDS: dict[str, Sequence[str]] = {
    "migrate": ("--noinput", "--verbosity=0"),
    "messages": ("compile",),
    "collectstatic": ("--noinput", "--clear", "--verbosity=0"),
    "load_demo": (),
    "switch_on_providers": (),
}


def prepare(names: Sequence[str], tell: Callable[[str], None]) -> None:
    """Run these commands (all when none is named) and tell how long each took. Raises what a command raises."""
    for name in names or COMMANDS:
        if name not in get_commands():
            continue
        begun = time.monotonic()
        if name == "collectstatic":
            _collect_static_files()
        else:
            call_command(name, *COMMANDS.get(name, ()))
        tell(f"{name}: done in {time.monotonic() - begun:.1f} s")


def _collect_static_files() -> None:
    """Collect, hash and compress the static files, unless those of the last time are still the same."""
    stamp = Path(settings.STATIC_ROOT) / "collected"
    found = _fingerprint()
    if stamp.exists() and stamp.read_text() == found:
        return
    call_command("collectstatic", *COMMANDS["collectstatic"])
    stamp.write_text(found)


def _fingerprint() -> str:
    """A hash over name, size and time of every static file of every app."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()
