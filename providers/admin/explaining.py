"""What an error, a place in a plan and a vendor's departure mean, in an administrator's words."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Words = str | Promise


class Meaning(NamedTuple):
    """What happened, and what to do about it."""

    happened: Words
    to_do: Words


_WAIT = gettext_lazy("Nothing: it is asked again by itself when its pause is over. Meanwhile the others answer.")
_MEANINGS = {
    "RateLimit": Meaning(gettext_lazy("too many requests in a short time"), _WAIT),
    "QuotaExhausted": Meaning(
        gettext_lazy("the free quota is used up"),
        gettext_lazy("Wait until the vendor counts anew, or add a key of another account."),
    ),
    "NoCredit": Meaning(
        gettext_lazy("the account has no credit left"),
        gettext_lazy("Top up at the vendor, or switch the provider off: waiting does not bring credit back."),
    ),
    "Authentication": Meaning(
        gettext_lazy("the key was refused"),
        gettext_lazy("Make a new key at the vendor and paste it in place of the old one."),
    ),
    "ModelUnavailable": Meaning(
        gettext_lazy("the model does not exist there any more"),
        gettext_lazy("Compare the model id with the vendor's list, or switch the model off."),
    ),
    "ModelForbidden": Meaning(
        gettext_lazy("this account may not use the model"),
        gettext_lazy("Accept the model's terms at the vendor or verify the account; otherwise switch the model off."),
    ),
    "RequestTooLarge": Meaning(
        gettext_lazy("the request is too large for this model"),
        gettext_lazy("Check the model's context and the provider's tokens per request against what the vendor says."),
    ),
    "InvalidRequest": Meaning(
        gettext_lazy("the vendor did not understand the request"),
        gettext_lazy("Check the address, the protocol and the departures from it; the detail names the field."),
    ),
    "ContentRefused": Meaning(
        gettext_lazy("the content was refused"),
        gettext_lazy("Nothing at the provider: change the text. Nobody else was asked."),
    ),
    "Unavailable": Meaning(gettext_lazy("the vendor had a fault"), _WAIT),
    "Overloaded": Meaning(gettext_lazy("the vendor was too busy"), _WAIT),
    "Network": Meaning(
        gettext_lazy("no connection, or no answer in time"),
        gettext_lazy("Check the address and whether this server may reach it; for a slow vendor raise the timeout."),
    ),
    "BrokenAnswer": Meaning(
        gettext_lazy("something came back that is not an answer"),
        gettext_lazy("Check that the address ends as the vendor says, often in /v1, and that no proxy answers."),
    ),
    "ForbiddenAddress": Meaning(
        gettext_lazy("the address leads to a private network"),
        gettext_lazy("For a model server of your own tick “private address allowed”; otherwise correct the address."),
    ),
    "AnswerRejected": Meaning(
        gettext_lazy("the answer did not pass our check"),
        gettext_lazy("Nothing, if it is rare. If it is not, lower the model's quality so that others come first."),
    ),
    "FallbackExhausted": Meaning(
        gettext_lazy("no place was left to ask"),
        gettext_lazy("Add another provider, or wait until the first one returns."),
    ),
}


def meaning(kind: str) -> Meaning:
    """The words for an error's kind; a kind that nobody worded yet speaks for itself."""
    return _MEANINGS.get(kind) or Meaning(kind, gettext_lazy("The detail is what the vendor said."))


def error_kinds() -> list[tuple[str, Words]]:
    """Every kind with its words, as the choices of a filter."""
    return [(kind, meaning.happened) for kind, meaning in _MEANINGS.items()]


def place_words(reason: str) -> str:
    """Why an attempt stood where it stood, from what the ledger wrote down."""
    if found := re.fullmatch(r"priority (\d+), quality (\d+)((?:, [^,]+)*)", reason):
        turn = _("its turn: priority %(priority)s, quality of the model %(quality)s") % {
            "priority": found[1],
            "quality": found[2],
        }
        return ", ".join([turn, *(_placed(words) for words in found[3].split(", ")[1:])])
    known = {"probe after a pause": _("test after a pause"), BY_HAND: _("an administrator's test")}
    return known.get(reason, reason)


_PLACED: dict[str, Words] = {
    "resets soon": gettext_lazy("its quota returns soon"),
    "failing lately": gettext_lazy("failing lately"),
    "slow lately": gettext_lazy("slow lately"),
    "kept for valuable work": gettext_lazy("kept for valuable work"),
    "tried at random": gettext_lazy("tried at random"),
}


def _placed(words: str) -> str:
    """What moved a place up or down, from routing's own words."""
    if found := re.fullmatch(r"(\d+)% left", words):
        return _("%(share)s%% of its quota left") % {"share": found[1]}
    if found := re.fullmatch(r"rated ([\d.]+)", words):
        return _("rated %(rating)s of 1") % {"rating": found[1]}
    return str(_PLACED.get(words, words))


# What the ledger's column holds for a test that somebody asked for.
BY_HAND = "asked by an administrator"


def departures(quirks: dict[str, Any]) -> list[str]:
    """Where a vendor differs from its protocol, one sentence each, from the stored departures."""
    return [_departure(name, value) for name, value in quirks.items() if value not in ("", [], {})] + (
        [_("Its list of models is public and proves no key; a test asks for one token instead.")]
        if quirks.get("check_path") == ""
        else []
    )


def _departure(name: str, value: Any) -> str:
    listed = ", ".join(str(one) for one in value) if isinstance(value, list | tuple | dict) else str(value)
    known = {
        "max_tokens_field": _("It wants the length of the answer as %(value)s."),
        "refused_parameters": _("It does not take %(value)s; these are left out and have no effect."),
        "stream_usage": _("It does not count tokens while streaming; they are estimated."),
        "seed_field": _("It calls the seed %(value)s."),
        "extra_headers": _("It is sent these further headers: %(value)s."),
        "check_path": _("Its keys are tested at %(value)s."),
    }
    return known[name] % {"value": listed} if name in known else f"{name}: {listed}"
