"""Briefs for tests: one to start from, and a strategy for any valid one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from marketing.content.brief import GOALS, LANGUAGES, SUBJECTS, TONES
from marketing.content.platforms import platforms
from marketing.content.social_brief import SocialPostBrief, normal_hashtag

# A busy machine is no fault of the code.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
LINK = "https://hardban.example/nocny-pociag?utm_source=x"


def brief(**changes: Any) -> SocialPostBrief:
    """A Polish release brief for X with these changes."""
    data: dict[str, Any] = {
        "subject": "release",
        "title": "Nocny pociąg",
        "creator": "Luna Rey",
        "facts": ["Album powstał w Gdańsku", "Dziesięć piosenek nagranych na taśmie"],
        "date": "2026-07-03",
        "link": LINK,
        "hashtags": ["nowamuzyka"],
        "platforms": ["x"],
        "variants": 1,
    }
    return SocialPostBrief.model_validate(data | changes)


# Letters that have made counters stumble: Polish, wide, combining, emoji of several parts, digits of other scripts.
_PIECES = st.sampled_from(
    [
        *"abcXYZ ążśźćęłńóŻ 0123456789 .,!?-–:'\"„”()[]{}<>#@&/%*_ ",
        "👨‍👩‍👧‍👦",
        "🇵🇱",
        "👍🏽",
        "日本",
        "é",
        "１２",
        "…",
        "ﷺ",
        "  ",
        "https://a.pl/x",
        "hardban.pl",
        "#tag",
        "@ktoś",
        "a\u0308\u0308",
        "12.5",
        "{work}",
        "\t",
    ],
)


def lines(most: int, *, least: int = 0) -> st.SearchStrategy[str]:
    """One line of awkward text, at most so many code points once it is cleaned."""
    texts = st.lists(_PIECES, min_size=least, max_size=most).map(lambda pieces: "".join(pieces)[:most])
    long_runs = st.tuples(_PIECES, st.integers(1, most)).map(lambda run: (run[0] * run[1])[:most])
    return st.one_of(texts, long_runs)


_SLUGS = [place.slug for place in platforms()]
_LINKS = st.one_of(
    st.just(""),
    st.sampled_from(["https://hardban.pl/a", "http://żółw.pl/ż?x=1#abc", LINK]),
    st.integers(1, 2000).map(lambda length: "https://hardban.example/" + "a" * length),
)
_TAGS = st.lists(st.sampled_from(["muzyka", "Nowość_2026", "łódź", "a" * 50, "żółć"]), max_size=8)


@st.composite
def any_brief(draw: st.DrawFn) -> SocialPostBrief:
    """Any valid brief for two platforms, with all five variants."""
    title = draw(lines(180, least=1).filter(lambda text: text.strip(" \t\u0308") != ""))
    return SocialPostBrief.model_validate(
        {
            "subject": draw(st.sampled_from(SUBJECTS)),
            "title": title,
            "creator": draw(lines(180)),
            "facts": draw(st.lists(lines(300), max_size=20)),
            "date": draw(st.one_of(st.none(), st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)))),
            "link": draw(_LINKS),
            "goal": draw(st.sampled_from(GOALS)),
            "audience": draw(lines(50)),
            "tone": draw(st.sampled_from(TONES)),
            "language": draw(st.sampled_from(LANGUAGES)),
            "call_to_action": draw(lines(180)),
            "hashtags": [normal_hashtag(tag) for tag in draw(_TAGS)],
            "platforms": draw(st.lists(st.sampled_from(_SLUGS), min_size=2, max_size=2, unique=True)),
            "variants": 5,
        }
    )
