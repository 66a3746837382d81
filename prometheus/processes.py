"""Processes that end with their parent, and the sweeping up of those a killed parent left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# Children carry the token of the parent that started them in this variable; their own children inherit it.
MARK = "PROMETHEUS_SERVE"
_PR_SET_PDEATHSIG = 1
_PROC = Path("/proc")
# The kernel needs a moment to take a large process apart.
_DEATH_SECONDS = 5.0
_LOOK_SECONDS = 0.02


def die_with_parent(how: signal.Signals) -> Callable[[], None]:
    """What a forked child has to call so that the kernel sends it `how` when its parent dies. Linux only, else nothing.

    Call this in the parent: the child must find out whether it was orphaned before it could ask.
    """
    parent = os.getpid()
    if not sys.platform.startswith("linux"):
        return lambda: None
    # Loaded here, as a child between fork and exec should do as little as it can.
    prctl = ctypes.CDLL(None).prctl

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:
            os.kill(os.getpid(), how)

    return in_child


def all_forks_die_with_parent() -> None:
    """From now on every child that this process or its children fork is killed when its own parent dies."""
    prepared: list[Callable[[], None]] = []

    def before() -> None:
        prepared.append(die_with_parent(signal.SIGKILL))

    def in_child() -> None:
        prepared.pop()()

    os.register_at_fork(before=before, after_in_parent=prepared.pop, after_in_child=in_child)


def kill_group(group: int) -> None:
    """Kill every member of a process group."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def sweep(token: str, patience: float) -> int:
    """Wait up to `patience` seconds for the processes marked with this token to end, then kill them; how many were.

    Killed ones are waited for, so that what they held, such as a port, is free. The mark, 128 random bits, is read
    through a handle on the process itself, so a reused number is never hit.
    """
    _wait_until_gone(token, patience)
    killed = sum(_kill_marked(pid, token) for pid in marked(token))
    _wait_until_gone(token, _DEATH_SECONDS)
    return killed


def marked(token: str) -> list[int]:
    """The numbers of the living processes that carry a token."""
    if not _PROC.is_dir():
        return []
    numbers = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return [pid for pid in numbers if pid != os.getpid() and _carries(pid, token)]


def _wait_until_gone(token: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while marked(token) and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)


def _carries(pid: int, token: str) -> bool:
    try:
        # Of a zombie nothing is left but its number; its environment reads as empty.
        environment = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return False
    return f"{MARK}={token}".encode() in environment.split(b"\0")


def _kill_marked(pid: int, token: str) -> bool:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if not _carries(pid, token):
            return False
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True
