"""A text's grounding as it is stored beside it: sentences, claims, sources, and what people have confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from marketing.content.grounding.claims import find_claims
from marketing.content.grounding.matching import Ground
from marketing.content.grounding.sentences import sentences
from marketing.content.grounding.shapes import Claim, Kind, Sentence, Source

# Without a source or a person's word these keep an advertisement from going out. A name may be anybody's.
BLOCKING = frozenset({Kind.NUMBER, Kind.DATE, Kind.PRICE, Kind.AWARD, Kind.QUOTE, Kind.SUPERLATIVE, Kind.LINK})


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of copy: which field it stands in, and where in it."""

    field: str
    at: int
    text: str


def ground(
    blocks: Iterable[Block], sources: Iterable[Source], before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The grounding of some pieces of copy. What people confirmed `before` stays confirmed while it still stands."""
    ground = Ground(sources)
    found = [
        {"field": block.field, "at": block.at, **asdict(sentence)}
        for block in blocks
        for sentence in _sentences(block.text, ground)
    ]
    return {
        "sentences": found,
        "sources": [asdict(source) for source in ground.sources],
        "confirmed": list((before or {}).get("confirmed", ())),
    }


def confirm(record: Mapping[str, Any], sentence: str, by: str, at: str) -> dict[str, Any]:
    """The record with a person's word for one sentence, once."""
    confirmed = list(record.get("confirmed", ()))
    if not any(one["text"] == sentence for one in confirmed):
        confirmed.append({"text": sentence, "by": by, "at": at})
    return {**record, "confirmed": confirmed}


def open_claims(record: Mapping[str, Any], kinds: Iterable[Kind] = BLOCKING) -> list[tuple[str, dict[str, Any]]]:
    """Claims that neither a source nor a person bears out, each with its sentence."""
    wanted = {kind.value for kind in kinds}
    confirmed = {one["text"] for one in record.get("confirmed", ())}
    return [
        (sentence["text"], claim)
        for sentence in record.get("sentences", ())
        if sentence["text"] not in confirmed
        for claim in sentence["claims"]
        if not claim["sources"] and claim["kind"] in wanted
    ]


def _sentences(text: str, ground: Ground) -> Iterable[Sentence]:
    claims = find_claims(text)
    for start, end in sentences(text):
        mine = [claim for claim in claims if start <= claim.start < end]
        judged = tuple(_judged(claim, ground, text[start:end], start) for claim in mine)
        drawn = ground.drawn_on(text[start:end])
        sources = sorted({*drawn, *(at for claim in judged for at in claim.sources)})
        yield Sentence(text[start:end], start, judged, tuple(sources))


def _judged(claim: Claim, ground: Ground, sentence: str, start: int) -> Claim:
    claim = replace(claim, start=claim.start - start, end=claim.end - start)
    return replace(claim, sources=ground.bearing_out(claim, sentence))
