"""`check_providers`: every key in use is probed, told about in a table and marked by what is proven."""

from __future__ import annotations

import io
import time
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.utils import timezone

from providers import errors
from providers.management.commands import check_providers
from providers.models import Attempt, Provider, ProviderKey
from tests.connecting import connect, upstream
from tests.upstream import Upstream, hangs, rate_limited, replays, server_error, slow

__all__ = ["connect", "upstream"]

BAD_KEY = replays(401, {}, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}})


def check() -> tuple[list[str], int]:
    """The lines of the table without its head, and the exit code."""
    out, code = io.StringIO(), 0
    try:
        call_command("check_providers", stdout=out, no_color=True)
    except SystemExit as exc:
        code = int(str(exc.code))
    return out.getvalue().splitlines()[1:], code


@pytest.fixture
def refusing(connect: Any, upstream: Upstream) -> Any:
    """Make a provider whose list of models does as told."""

    def make(name: str, *behaviours: Any, **fields: Any) -> Provider:
        provider: Provider = connect(name, **fields)
        upstream.add(name, *behaviours, routes={"GET /models": behaviours})
        return provider

    return make


def test_a_key_that_works_is_told_with_its_ending_and_its_time(connect: Any) -> None:
    connect("one")
    (line,), code = check()
    assert line.split()[:3] == ["one", "…6789", "works"]
    assert line.split()[4] == "ms"
    assert code == 0


def test_every_key_of_every_provider_in_use_has_a_line(connect: Any) -> None:
    connect("one", keys=2)
    connect("two")
    off = connect("off")
    Provider.objects.filter(pk=off.pk).update(enabled=False)
    ProviderKey.objects.filter(pk=connect("three", keys=2).keys.first().pk).update(enabled=False)
    assert [line.split()[0] for line in check()[0]] == ["one", "one", "two", "three"]


def test_a_proven_bad_key_is_marked_and_nothing_else(refusing: Any) -> None:
    one = refusing("one", BAD_KEY)
    (line,), code = check()
    assert "the key is refused" in line
    assert "make a new key at the vendor" in line
    assert code == 1
    assert one.keys.get().invalid_since


def test_a_proven_good_key_is_cleared_but_its_rest_stays(connect: Any) -> None:
    until = timezone.now() + timedelta(hours=1)
    key = connect("one").keys
    key.update(invalid_since=timezone.now(), blocked_until=until, blocked_reason="QuotaExhausted")
    check()
    assert (key.get().invalid_since, key.get().blocked_until) == (None, until)


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (server_error(500), "the vendor has a fault"),
        (rate_limited(), "had too many requests"),
        (hangs(), "no answer in time"),
        (replays(200, {}, b"<html>"), "something else answers there"),
        (replays(429, {}, {"error": {"message": "x", "code": "insufficient_quota"}}), "works, but"),
    ],
)
def test_what_proves_nothing_about_a_key_is_told_and_leaves_it(refusing: Any, behaviour: Any, words: str) -> None:
    one = refusing("one", behaviour, timeout_seconds=1)
    (line,), code = check()
    assert words in line
    assert (one.keys.get().invalid_since, code) == (None, 1)


def test_one_that_works_is_enough_for_success(connect: Any, refusing: Any) -> None:
    refusing("one", BAD_KEY)
    connect("two")
    assert check()[1] == 0


def test_keys_are_probed_side_by_side(refusing: Any) -> None:
    for number in range(5):
        refusing(f"slow-{number}", slow(0.8, replays(200, {}, {"data": []})))
    began = time.monotonic()
    lines, code = check()
    assert (len(lines), code) == (5, 0)
    assert time.monotonic() - began < 3


def test_a_key_that_cannot_be_opened_is_told_and_not_called_refused(connect: Any, settings: Any) -> None:
    one = connect("one")
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    (line,), code = check()
    assert "cannot be opened here" in line
    assert (one.keys.get().invalid_since, code) == (None, 1)


def test_a_provider_without_a_key_is_told_unless_it_is_a_server_of_ones_own(connect: Any) -> None:
    connect("own", keys=0)
    connect("vendor", keys=0)
    Provider.objects.filter(slug="vendor").update(allow_private_address=False)
    lines, code = check()
    assert [line.split()[:3] for line in lines] == [["own", "–", "works"], ["vendor", "–", "no"]]
    assert code == 0


def test_without_any_provider_the_command_says_so_and_fails(transactional_db: None) -> None:
    Provider.objects.create(slug="local-model", name="SmolLM2", protocol="local")
    out = io.StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("check_providers", stdout=out)
    assert out.getvalue() == "No provider is in use.\n"


def test_every_error_that_a_check_can_end_with_has_words() -> None:
    kinds = {
        one.__name__.removesuffix("Error")
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.ProviderError)
    }
    # The rest is about a task's own text or about a whole chain, and a check has neither.
    others = {"Provider", "RequestTooLarge", "InvalidRequest", "ContentRefused", "AnswerRejected", "FallbackExhausted"}
    assert kinds - others <= set(check_providers.WORDS)


def test_a_check_is_no_use_and_never_prints_a_key(connect: Any) -> None:
    connect("one")
    lines, _ = check()
    assert not Attempt.objects.exists()
    assert "sk-planted" not in "\n".join(lines)
