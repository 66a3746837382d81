"""Links, hashtags and mentions in a text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given

from marketing.content.cleaning import plain
from marketing.content.links import find_emails, find_hashtags, find_mentions, find_urls, unbreakable
from tests.content.briefs import UNHURRIED, lines


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("Słuchaj na hardban.pl, teraz", ["hardban.pl"]),
        ("https://hardban.pl/a.", ["https://hardban.pl/a"]),
        ("(https://hardban.pl/a_(b))", ["https://hardban.pl/a_(b)"]),
        ("https://hardban.pl?x=1&y=2!", ["https://hardban.pl?x=1&y=2"]),
        ("hardban.pl?x=1", ["hardban.pl"]),
        ("https://hardban.pl:8080/ą", ["https://hardban.pl:8080/ą"]),
        ("www.żółw.pl", ["www.żółw.pl"]),
        ("https://żółw.pl/ż", ["https://żółw.pl/ż"]),
        ("続きはhardban.plで", ["hardban.pl"]),
        ("http://foo.com.example/x", ["http://foo.com"]),
        ("hardban.example i studio.local", []),
        ("jan.kowalski@hardban.pl", []),
        ("#hardban.pl @hardban.pl $hardban.pl", []),
        ("-hardban.pl _hardban.pl", []),
        ("foo_bar.com", []),
        ("http://foo_bar.hardban.pl", ["http://foo_bar.hardban.pl"]),
        ("https://t.co/abc123ą", ["https://t.co/abc123"]),
        ("muzeum.gov.ck", ["muzeum.gov.ck"]),
        ("koniec.Nowe zdanie", []),
        ("a" * 64 + ".com", []),
    ],
)
def test_finds_links_as_x_does(text: str, urls: list[str]) -> None:
    assert [span.value for span in find_urls(text)] == urls


def test_finds_links_to_made_up_domains_when_asked() -> None:
    found = find_urls("https://hardban.example/a hardban.example", any_domain=True)
    assert [span.value for span in found] == ["https://hardban.example/a"]


@pytest.mark.parametrize(
    ("text", "hashtags"),
    [
        ("#muzyka #nowość_2026 #2026", ["muzyka", "nowość_2026"]),
        ("https://hardban.pl/#muzyka", []),
        ("a#b ##c &#39;", []),
        ("(#cisza)", ["cisza"]),
    ],
)
def test_finds_hashtags_outside_links(text: str, hashtags: list[str]) -> None:
    assert [span.value for span in find_hashtags(text)] == hashtags


def test_finds_mentions_and_their_local_part() -> None:
    assert [span.value for span in find_mentions("@luna i @mgla@mastodon.social, a@b.pl")] == ["@luna", "@mgla"]


def test_finds_mail_addresses() -> None:
    assert [span.value for span in find_emails("Pisz: biuro@hardban.pl.")] == ["biuro@hardban.pl"]


@UNHURRIED
@given(lines(200))
def test_what_must_stay_whole_never_overlaps(text: str) -> None:
    spans = unbreakable(text)
    assert all(one.end <= two.start for one, two in itertools.pairwise(spans))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


def test_of_a_link_that_would_act_only_the_words_stay() -> None:
    assert plain("[klik](javascript:alert(1)) i już") == "klik i już"
    assert plain("[klik](data:text/html,x)") == "klik"
