"""The guides' code runs as it stands, against the running product."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from providers.access.client_keys import create_client
from tests.api.test_document import writes_what_is_asked
from tests.connecting import connect, upstream
from tests.upstream import answers

__all__ = ["connect", "upstream"]
GUIDES = sorted((Path(__file__).resolve().parents[2] / "docs" / "guides").glob("*.md"))


def blocks(guide: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_guides_code_brings_texts(guide: Path, address: str, worker: None, connect: Any) -> None:
    connect("groq", answers(writes_what_is_asked))
    secret = create_client(guide.stem, ["content"]).secret
    environment = {**os.environ, "PROMETHEUS_URL": address, "PROMETHEUS_KEY": secret, "PYTHONIOENCODING": "utf-8"}
    (python,), (shell,) = blocks(guide, "python"), blocks(guide, "sh")
    commands = [[sys.executable, "-c", python]]
    # Its body is checked by the product; a machine without curl has the other half.
    if shutil.which("curl"):
        commands.append(["sh", "-c", shell.replace("curl ", "curl -sS --noproxy '*' ", 1)])
    for command in commands:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stderr
        assert "czeka na ciebie" in done.stdout, done.stdout


def test_every_module_has_its_guide() -> None:
    assert [guide.stem for guide in GUIDES] == ["marketing", "music", "publishing"]
