"""The whole Lab API against its own document: schemathesis with every check, over real HTTP, finds nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from providers.access import throttle
from providers.access.client_keys import create_client
from tests import hugging_face
from tests.api.asking import SECRET
from tests.connecting import connect, upstream
from tests.upstream import Upstream, answers, write_post

__all__ = ["connect", "upstream"]
EVERYTHING = ["content", "analysis", "optimization", "openai", "monitoring"]
EXAMPLES = 5


POLISH = [
    *("Nowy folk z serca miasta", "Posłuchaj kwartetu", "Muzyka na długi wieczór", "Zamów płytę do domu"),
    *("Brzmi jak stare drewno", "Cisza między nutami", "Włącz i zostań do końca", "Znajdź chwilę dla siebie"),
    *("Dźwięki prosto z taśmy", "Piosenki bez pośpiechu", "Głosy, które pamiętasz", "Album do uważnych uszu"),
]
ENGLISH = [
    *("A new voice from the city", "Listen to the quartet", "Music for a long evening", "Order the record today"),
    *("It sounds like old wood", "Silence between the notes", "Press play and stay", "Find a moment for yourself"),
    *("Sounds straight from tape", "Songs without any hurry", "Voices you will remember", "For careful ears"),
]


def writes_what_is_asked(request: dict[str, Any]) -> str:
    """As many posts as the prompt asks for, in its language."""
    prompt = "\n".join(str(message["content"]) for message in request["messages"])
    asked = re.search(r"(?:Liczba wariantów|Number of variants): (\d)", prompt)
    assert asked is not None
    polish = "Liczba wariantów" in prompt
    shape = json.loads(prompt[prompt.rindex('{"variants"') :].splitlines()[0])["variants"][0]
    if "text" not in shape:
        fields = dict.fromkeys(shape, POLISH if polish else ENGLISH)
        return json.dumps({"variants": [fields] * int(asked[1])}, ensure_ascii=False)
    variants = [write_post(number, polish) for number in range(1, int(asked[1]) + 1)]
    return json.dumps({"variants": variants}, ensure_ascii=False)


# About half a minute of one processor; other tests may want it at the same time.
@pytest.mark.timeout(900)
@pytest.mark.once
def test_the_api_is_what_its_document_says(
    address: str, worker: None, connect: Any, upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect("groq", answers(writes_what_is_asked))
    # Every operation is tried with bad keys from one address.
    monkeypatch.setattr(throttle, "MOST_BAD_A_MINUTE", 100_000)
    hugging_face.provider(hugging_face.house(upstream, more=True))
    secret = create_client("tester", EVERYTHING).secret
    hooks = {"SCHEMATHESIS_HOOKS": "tests.api.asking", "PYTHONPATH": str(settings.BASE_DIR)}
    found = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/v1/openapi.json"),
            *("--checks", "all", "--max-examples", str(EXAMPLES), "--continue-on-failure", "--seed", "5"),
            *("--warnings", "off", "--request-timeout", "240"),
            *("--generation-database", "none"),
        ],
        cwd=tmp_path,
        env={**os.environ, **hooks, SECRET: secret},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
