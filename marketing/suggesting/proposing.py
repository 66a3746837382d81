"""All suggestions for one record: a rule's own fixes, what a model picks, and the ranked lists where none answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from marketing.metadata import checking as rules
from marketing.metadata.rules import NOTHING_KNOWN, Context, Finding
from marketing.metadata.text import as_text, texts
from marketing.suggesting.asking import request_for
from marketing.suggesting.checking import checked, one_branch
from marketing.suggesting.offers import Offer, offers_for
from marketing.suggesting.shapes import FEATURE, Item, Proposal, Source, value_at
from providers.errors import ProviderError
from providers.orchestrator import BackgroundCall, Exhausted, Task

_RULES = {"release": "music", "book": "book"}
_MOST_WORDS, _MOST_CHOICES = 5, 8
_PATIENCE_SECONDS = 3.0
_EROTICA = "FP"


@dataclass(slots=True)
class Proposed:
    """What is suggested, and what became of the model: who answered, how many values were refused, or why none did."""

    proposals: list[Proposal] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As a job keeps it."""
        return {"suggestions": [one.as_json() for one in self.proposals], "provenance": self.provenance}


def propose(
    kind: str,
    record: Mapping[str, Any],
    language: str,
    *,
    ask: bool = True,
    context: Context = NOTHING_KNOWN,
    client_id: int | None = None,
) -> Proposed:
    """Suggestions for a `release` or `book`, one a field, none that only says what stands there already.

    `language` (`pl` or `en`) is that of the reasons. Without `ask`, or when no provider gives a usable answer, codes
    come from the lists alone, with the words in common as the reason.
    """
    language = language if language in {"pl", "en"} else "en"
    found = Proposed()
    with translation.override(language):
        offers = offers_for(kind, record)
        if ask:
            task = Task(
                feature=FEATURE,
                background=True,
                language=language,
                client_id=client_id,
                patience_seconds=_PATIENCE_SECONDS,
            )
            found = _asked(kind, record, offers, task)
        named = {one.field for one in found.proposals}
        found.proposals += [one for one in _from_lists(kind, record, offers) if one.field not in named]
        found.proposals += _adult(kind, record, found.proposals)
        named = {one.field for one in found.proposals}
        found.proposals += [one for one in _from_rules(kind, record, context) if one.field not in named]
    found.proposals = [one for one in found.proposals if one.value != value_at(record, one.field) or one.items]
    return found


def _asked(kind: str, record: Mapping[str, Any], offers: tuple[Offer, ...], task: Task) -> Proposed:
    request = request_for(kind, record, offers, task.language)
    call = BackgroundCall(task, request, lambda text, _last: checked(kind, record, offers, text))
    try:
        answer = call.result()
    except ProviderError as error:
        tried = error.tried if isinstance(error, Exhausted) else ()
        return Proposed([], {"provider": "", "failure": error.kind, "attempts": [asdict(one) for one in tried]})
    provenance = {
        "provider": answer.provider,
        "provider_name": answer.provider_name,
        "model": answer.result.model_id,
        "refused": answer.value.refused,
        "attempts": [asdict(one) for one in answer.tried],
    }
    return Proposed(answer.value.proposals, provenance)


def _from_lists(kind: str, record: Mapping[str, Any], offers: tuple[Offer, ...]) -> list[Proposal]:
    """The best candidates that share words with the record; what stands there stays chosen."""
    proposals = []
    if kind == "book":
        subjects, narrowed = ([_item(one) for one in offer.candidates if one.words] for offer in offers)
        today = texts(record.get("thema"))
        items = (*one_branch(subjects[:_MOST_WORDS]), *one_branch(narrowed[:2]))
        new = tuple(one for one in items if one.value not in today)
        # Without any subject the first candidate is a beginning; a choice that was made is not overruled by words.
        value = today or [one.value for one in subjects[:1]]
        if new and subjects:
            proposals.append(Proposal("thema", value, "", Source.LISTS, new))
        return proposals
    genres, tags = offers
    best = next((one for one in genres.candidates if one.words), None)
    if best and not as_text(record.get("genre")):
        proposals.append(Proposal("genre", best.code, _in_common(best.words), Source.LISTS))
    today = texts(record.get("tags"))
    items = tuple(_item(one) for one in tags.candidates if one.words and one.code not in today)[:_MOST_CHOICES]
    if items:
        proposals.append(Proposal("tags", today, "", Source.LISTS, items))
    return proposals


def _item(one: Any) -> Item:
    return Item(one.code, _in_common(one.words))


def _in_common(words: tuple[str, ...]) -> str:
    return _("Words in common: %(words)s") % {"words": ", ".join(words[:_MOST_WORDS])}


def _adult(kind: str, record: Mapping[str, Any], proposals: list[Proposal]) -> list[Proposal]:
    """Erotica is for adults (B23)."""
    codes: list[Any] = next((one.value for one in proposals if one.field == "thema"), [])
    if kind != "book" or record.get("adult") or not any(str(code).startswith(_EROTICA) for code in codes):
        return []
    return [Proposal("adult", True, _("The suggested subject is erotica."), Source.RULE)]


def _from_rules(kind: str, record: Mapping[str, Any], context: Context) -> list[Proposal]:
    """What a rule would write instead: case, versions, guests, spaces. One a field, the first rule's."""
    found: dict[str, Proposal] = {}
    for finding in rules.check(_RULES[kind], record, context).findings:
        where = _place(finding)
        if where and where not in found and finding.fault.fix:
            found[where] = Proposal(where, finding.fault.fix.value, finding.message, Source.RULE)
    return list(found.values())


def _place(finding: Finding) -> str:
    fix = finding.fault.fix
    return ".".join(map(str, fix.path)) if fix and isinstance(fix.value, str | bool | int | float | list) else ""
