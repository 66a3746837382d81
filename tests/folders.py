"""Temporary folders that carry their maker's process id, so that what a killed run left is swept by the next one."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "prometheus-test"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sweep(base: Path) -> None:
    for folder in base.glob(f"{_PREFIX}-*-*-*"):
        pid = folder.name.split("-")[3]
        if pid.isdigit() and not _is_alive(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def make(kind: str) -> Path:
    """A new empty folder named for `kind` (one word) and this process. Its maker removes it."""
    # Root's own temporary folder may be closed to the account that runs PostgreSQL.
    base = Path("/tmp" if os.geteuid() == 0 else tempfile.gettempdir())
    _sweep(base)
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}-{kind}-{os.getpid()}-", dir=base))
