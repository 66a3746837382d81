"""What the Lab asks of campaigns, with the figures of their performance also in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import translation

from marketing.campaigns import answers, facts
from marketing.campaigns.performance import Sums
from marketing.narrating.sayable import sayables
from marketing.narrating.telling import filled, tell


def answer_of(brief: Mapping[str, Any]) -> dict[str, Any]:
    """`campaigns.answers.answer_of`; a performance also has sentences in its `language`, each with its facts."""
    found = answers.answer_of(brief)
    if brief["what"] == "performance":
        whole = (answers.grouped(brief["rows"]) or [Sums("", None)])[0]
        language = brief.get("language", "en")
        offered = sayables(facts.facts(whole, brief["currency"]), language)
        with translation.override(language):
            told = filled(tell(offered), offered)
        found["narrative"] = [
            {"text": "".join(text for text, _fact in pieces), "facts": [fact for _text, fact in pieces if fact]}
            for pieces in told
        ]
    return found
