"""Records told in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from marketing import wording
from marketing.content.measure import Level, measure
from marketing.content.platforms import platform, platforms
from marketing.wording import advice, attempt_lines, prompt_line, provenance_line, reason, step_line
from providers import errors

KINDS = ["asking", "asking_again", "falling_back", "checking", "written", "offline", "taken_over", "waiting"]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_step_has_its_words(kind: str) -> None:
    line = step_line({"kind": kind, "provider": "Groq", "at": timezone.now().isoformat()})
    assert line.text != kind
    assert line.time


def test_every_error_has_its_words() -> None:
    kinds = {
        one.__name__.removesuffix("Error")
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.ProviderError) and one is not errors.ProviderError
    }
    assert kinds <= set(wording._REASONS)


def test_says_until_when_a_provider_is_busy() -> None:
    until = timezone.now() + timedelta(minutes=5)
    step = {"kind": "falling_back", "provider": "Groq", "reason": "RateLimit", "until": until.isoformat()}
    assert f"busy until {wording.clock(until)}" in step_line(step).text


def test_names_the_day_of_a_moment_that_is_not_today() -> None:
    until = timezone.now() + timedelta(days=3)
    assert str(timezone.localtime(until).day) in wording.clock(until)


def test_does_not_announce_a_moment_that_is_past() -> None:
    assert reason("RateLimit", timezone.now() - timedelta(minutes=1)) == "busy"


def test_tells_a_step_of_an_unknown_kind_plainly() -> None:
    assert step_line({"kind": "dancing", "until": "no date"}).text == "dancing"


@pytest.mark.parametrize("kind", ["ContentRefused", "InvalidRequest", "FallbackExhausted", "WorkerLost", "Odd", ""])
def test_a_failure_says_what_happened_what_was_tried_and_what_to_do(kind: str) -> None:
    told = advice({"kind": kind}, [{"provider": "Groq"}, {"provider": "Mistral"}, {"provider": "Groq"}])
    assert told.tried == "Asked: Groq, Mistral."
    assert all([told.happened, told.todo])


def test_tells_the_provenance_in_one_line() -> None:
    attempts = [{"outcome": "failed"}, {"outcome": "answered"}]
    provenance = {"provider_name": "Groq", "model": "openai/gpt-oss", "latency_ms": 3120, "attempts": attempts}
    assert provenance_line(provenance, offline=False) == "Groq · gpt-oss, 2 tries, 3.1 s"


def test_writes_a_decimal_comma_in_polish() -> None:
    with translation.override("pl"):
        assert wording.seconds(3120) == "3,1 s"


def test_never_says_that_a_vendor_wrote_an_example_or_an_offline_draft() -> None:
    assert provenance_line({"example": True}, offline=False).startswith("Example")
    assert "offline" in provenance_line({"provider": ""}, offline=True)


def test_tells_each_attempt_with_its_end() -> None:
    attempts = [
        {"provider_name": "Groq", "model": "a", "outcome": "failed", "error": "RateLimit", "http_status": 429},
        {"provider_name": "Mistral", "model": "b", "outcome": "answered", "latency_ms": 900},
    ]
    assert attempt_lines({"attempts": attempts}) == [
        "Groq · a: busy (HTTP 429), 0.0 s",
        "Mistral · b: answered, 0.9 s",
    ]


@pytest.mark.parametrize("slug", [one.slug for one in platforms()])
def test_every_warning_of_a_measure_has_its_words(slug: str) -> None:
    place = platform(slug)
    for title, text in [("", ""), ("t" * 400, "ż😀 #tag " * 9000), ("<t>", "<x>" + "\ufffe" + "a" * 300)]:
        for warn in measure(place, title, text).warnings:
            assert wording.warning(warn) != warn.code


def test_the_examples_pass_their_platforms_limits() -> None:
    from marketing.demo import EXAMPLES

    for example in EXAMPLES:
        for text in example.texts:
            assert measure(platform(text.platform), text.title, text.text).level is not Level.OVER, text


def test_every_note_of_the_content_types_has_its_words() -> None:
    import re
    from pathlib import Path

    from marketing import content

    folder = Path(str(content.__file__)).parent
    source = "".join(path.read_text() for path in folder.glob("social_*.py"))
    codes = set(re.findall(r'"((?:link|title|hashtags)_[a-z_]+|repaired|shortened)"', source)) & set(
        re.findall(r'notes[^\n]*"([a-z_]+)"', source)
    )
    assert codes
    assert codes <= set(wording._NOTES)


def test_names_the_prompt_that_asked() -> None:
    assert prompt_line({"prompt": {"version": "v3", "digest": "0123456789abcdef"}}) == "Prompt v3 (01234567)"
    assert prompt_line({"example": True}) == ""
