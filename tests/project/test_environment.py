"""`.ci/environment.py` brings `.venv` in line with the locks, whatever state it finds."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "environment.py"
# Making an environment takes seconds, on a busy machine many.
pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Clone:
    """A project whose packages are made here, so that pip needs no network."""

    root: Path

    def lock(self, name: str, **packages: str) -> None:
        """Write a lock file of packages and their versions."""
        lines = [
            f"{package}=={version} \\\n    --hash=sha256:{_wheel(self.root / 'wheels', package, version)}\n"
            for package, version in packages.items()
        ]
        (self.root / name).write_text("".join(lines))

    def set_up(self, purpose: str = "run", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the set-up as make does."""
        own = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.root / "wheels"), "PIP_CONFIG_FILE": os.devnull}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        return subprocess.run(
            [sys.executable, str(self.root / ".ci" / "environment.py"), purpose],
            env={**kept, **own, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def installed(self) -> set[str]:
        """What is installed, as `name-version`."""
        found = (self.root / ".venv").glob("lib/python*/site-packages/*.dist-info")
        return {path.name.removesuffix(".dist-info") for path in found if not path.name.startswith(("pip-", "setup"))}


def _wheel(folder: Path, name: str, version: str) -> str:
    """Make a wheel with one empty module; returns its SHA-256."""
    folder.mkdir(exist_ok=True)
    path, info = folder / f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    sums = {file: hashlib.sha256(content.encode()).digest() for file, content in files.items()}
    record = [f"{file},sha256={base64.urlsafe_b64encode(sums[file]).rstrip(b'=').decode()},\n" for file in files]
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in {**files, f"{info}/RECORD": "".join([*record, f"{info}/RECORD,,\n"])}.items():
            # A fixed date makes the same wheel each time.
            archive.writestr(zipfile.ZipInfo(file, (2026, 1, 1, 0, 0, 0)), content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    (tmp_path / ".ci").mkdir()
    shutil.copy(_SCRIPT, tmp_path / ".ci")
    made = Clone(tmp_path)
    made.lock("requirements.lock", drum="1.0", flute="1.0")
    made.lock("requirements-dev.lock", drum="1.0", flute="1.0", tuner="1.0")
    made.lock("requirements-model.lock", voice="1.0")
    return made


def test_each_purpose_gets_what_it_lacks_and_a_second_run_does_nothing(clone: Clone) -> None:
    assert clone.set_up(OFFLINE_MODEL="no").returncode == 0
    assert clone.installed() == {"drum-1.0", "flute-1.0"}
    assert "installing 2 packages" in clone.set_up("test").stdout
    assert clone.installed() == {"drum-1.0", "flute-1.0", "tuner-1.0", "voice-1.0"}
    assert "installing" not in clone.set_up().stdout


def test_a_changed_lock_exchanges_and_removes_packages(clone: Clone) -> None:
    clone.set_up()
    clone.lock("requirements.lock", drum="2.0")
    clone.lock("requirements-dev.lock", drum="2.0")
    assert clone.set_up().returncode == 0
    assert clone.installed() == {"drum-2.0", "voice-1.0"}


def test_a_set_up_that_was_cut_short_is_done_again(clone: Clone) -> None:
    venv = clone.root / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "set-up-under-way").touch()
    (venv / "installed.json").write_text("[]")
    assert "making the environment" in clone.set_up().stdout
    assert clone.installed() == {"drum-1.0", "flute-1.0", "voice-1.0"}


def test_an_environment_that_lost_its_python_is_made_anew(clone: Clone) -> None:
    site = clone.root / ".venv" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    site.mkdir(parents=True)
    (clone.root / ".venv" / "installed.json").write_text("[]")
    (clone.root / ".venv" / "bin").mkdir()
    (clone.root / ".venv" / "bin" / "python").symlink_to("/no/such/python")
    assert clone.set_up().returncode == 0
    assert clone.installed() == {"drum-1.0", "flute-1.0", "voice-1.0"}


def test_a_package_that_differs_from_its_hash_is_refused(clone: Clone) -> None:
    lock = clone.root / "requirements.lock"
    lock.write_text(lock.read_text()[:-5] + "0000\n")
    refused = clone.set_up()
    assert (refused.returncode, "failed; mend it and start again" in refused.stderr) == (1, True)
    assert "flute-1.0" not in clone.installed()
